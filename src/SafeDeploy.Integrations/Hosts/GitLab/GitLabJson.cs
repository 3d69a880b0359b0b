using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace SafeDeploy.Integrations.Hosts.GitLab;

/// <summary>What is said to GitLab's REST interface, read from it, and left in report files; snake_case, only the fields that are used.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NoteBody))]
[JsonSerializable(typeof(Note[]))]
[JsonSerializable(typeof(GitLabUser))]
[JsonSerializable(typeof(NewIssue))]
[JsonSerializable(typeof(Issue[]))]
[JsonSerializable(typeof(MergeRequest))]
[JsonSerializable(typeof(MergeRequestDiff[]))]
[JsonSerializable(typeof(CodeQualityFinding[]))]
[JsonSerializable(typeof(ImmutableDictionary<string, string>))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class GitLabJson : JsonSerializerContext;

public sealed record NoteBody(string Body);

/// <param name="System">Written by GitLab itself.</param>
public sealed record Note(long Id, string? Body, GitLabUser Author, bool System);

public sealed record GitLabUser(long Id);

/// <param name="Labels">Separated by commas.</param>
/// <param name="Confidential">Only for members who may see the project's code: it names tenants.</param>
public sealed record NewIssue(string Title, string Description, string Labels, bool Confidential);

public sealed record Issue(long Iid, string? Description);

/// <param name="ChangesCount">How many files it changes: digits, with a plus where GitLab does not keep all of them; null until it is known.</param>
public sealed record MergeRequest(string? ChangesCount);

/// <param name="NewPath">From the repository's root; of a deleted file its last one.</param>
public sealed record MergeRequestDiff(string NewPath, bool DeletedFile);

/// <summary>One entry of a Code Quality report.</summary>
/// <param name="Severity">info, minor, major, critical or blocker.</param>
/// <param name="Fingerprint">The same finding has the same one in every pipeline.</param>
public sealed record CodeQualityFinding(string Description, string CheckName, string Fingerprint, string Severity, CodeQualityLocation Location);

/// <param name="Path">From the repository's root, without <c>./</c>.</param>
public sealed record CodeQualityLocation(string Path, CodeQualityLines Lines);

/// <param name="Begin">From 1.</param>
public sealed record CodeQualityLines(int Begin);
