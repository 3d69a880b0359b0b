using System.Collections.Immutable;
using SafeDeploy.Problems;

namespace SafeDeploy.Config;

/// <summary>Collects the problems of one reading, so that all are told at once.</summary>
internal sealed class ProblemList
{
    private readonly List<(Problem Problem, Place Place)> _found = [];

    public bool IsEmpty => _found.Count == 0;

    /// <summary>In the order of the file. One place has one problem of a kind, however often it is walked.</summary>
    public ImmutableArray<Problem> InOrder =>
    [
        .. _found.DistinctBy(f => (f.Problem.Code, f.Place.Mark, f.Problem.Next)).OrderBy(f => Position(f.Place.Mark)).Select(f => f.Problem),
    ];

    public void Add(ProblemInfo info, Place place, string what, string next) =>
        _found.Add((info.Occurred(what, place.ToString(), ConfigProblems.Untouched, ConfigProblems.Now, next), place));

    private static (int Line, int Column) Position(SourceMark mark) => mark switch
    {
        SourceMark.InFile file => (file.Line, file.Column),
        SourceMark.FromEnvironment filled => (filled.Where.Line, filled.Where.Column),
        _ => (int.MaxValue, 0),
    };
}
