using System.Collections.Immutable;
using System.Reflection;
using SafeDeploy.Problems;

namespace SafeDeploy.Tests.Architecture;

/// <summary>Every problem that the program knows, found the way the program itself never looks: by reflection.</summary>
internal static class ProblemCatalogue
{
    private static readonly string[] Projects = ["SafeDeploy", "SafeDeploy.Integrations", "safe-deploy"];

    /// <summary>The classes named <c>XProblems</c>, each with what it declares and what its <c>All</c> lists.</summary>
    public static ImmutableArray<(Type Type, ImmutableArray<ProblemInfo> Declared, ImmutableArray<ProblemInfo> Listed)> Slices { get; } =
    [
        .. Projects.Select(Assembly.Load).SelectMany(assembly => assembly.GetTypes())
            .Where(type => type.Name.EndsWith("Problems", StringComparison.Ordinal) && type is { IsAbstract: true, IsSealed: true })
            .OrderBy(type => type.FullName, StringComparer.Ordinal)
            .Select(type => (type, Declared(type), Listed(type))),
    ];

    public static ImmutableArray<ProblemInfo> All { get; } = [.. Slices.SelectMany(slice => slice.Declared).OrderBy(info => info.Code, StringComparer.Ordinal)];

    private static ImmutableArray<ProblemInfo> Declared(Type type) =>
        [.. type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic).Where(field => field.FieldType == typeof(ProblemInfo)).Select(field => (ProblemInfo)field.GetValue(null)!)];

    private static ImmutableArray<ProblemInfo> Listed(Type type) =>
        type.GetProperty("All", BindingFlags.Static | BindingFlags.Public)?.GetValue(null) is ImmutableArray<ProblemInfo> listed ? listed : [];
}
