using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace SafeDeploy.Integrations.Hosts.Azure;

/// <summary>The inputs of a task, from <c>INPUT_*</c>. Pure.</summary>
public static partial class AzureInputs
{
    private const string Prefix = "INPUT_";

    public static readonly InputWords Words = new(CiHosts.Azure, "azdo-task/README.md", Name, input => $"inputs: {Name(input)}");

    /// <summary>By input name; empty where the agent gave none.</summary>
    public static ImmutableDictionary<string, string> Read(ImmutableDictionary<string, string> variables) =>
        HostModel.Inputs.Select(i => i.Name).Append("step")
            .ToImmutableDictionary(name => name, name => variables.GetValueOrDefault(Variable(name), ""), StringComparer.Ordinal);

    /// <summary>Azure allows letters and digits: <c>dry-run</c> is <c>dryRun</c>.</summary>
    public static string Name(string input) => string.Concat(input.Split('-').Select((word, i) => i == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..]));

    public static string Variable(string input) => Prefix + Name(input).ToUpperInvariant();

    /// <summary>Inputs that still hold <c>$(name)</c>: the agent leaves a variable that is not defined as it was written.</summary>
    public static IEnumerable<WrongInput> Unresolved(ImmutableDictionary<string, string> inputs) =>
        from input in inputs.OrderBy(i => i.Key, StringComparer.Ordinal)
        let variable = Macro().Match(input.Value)
        where variable.Success
        select Words.Wrong(input.Key, $"\"{input.Value}\" names the variable {variable.Groups[1].Value}, which is not defined in this job");

    /// <summary>The agent hands over whatever stands under <c>inputs:</c>, in capitals.</summary>
    public static IEnumerable<WrongInput> Unknown(ImmutableDictionary<string, string> variables) => UnknownInputs.Near(variables, Prefix, Variable, Words);

    [GeneratedRegex(@"\$\(([A-Za-z][\w.]*)\)")]
    private static partial Regex Macro();
}
