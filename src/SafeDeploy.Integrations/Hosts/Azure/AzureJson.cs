using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SafeDeploy.Integrations.Hosts.Azure;

/// <summary>What is said to the REST interface of Azure DevOps and read from it; camelCase, only the fields that are used.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NewThread))]
[JsonSerializable(typeof(ThreadList))]
[JsonSerializable(typeof(ThreadStatus))]
[JsonSerializable(typeof(CommentContent))]
[JsonSerializable(typeof(IterationList))]
[JsonSerializable(typeof(IterationChanges))]
[JsonSerializable(typeof(NewStatus))]
[JsonSerializable(typeof(WorkItemField[]))]
[JsonSerializable(typeof(WorkItem))]
[JsonSerializable(typeof(TagList))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class AzureJson : JsonSerializerContext;

/// <param name="Status"><c>active</c>, <c>closed</c> or <c>fixed</c>.</param>
public sealed record NewThread(ImmutableArray<NewThreadComment> Comments, string Status, ThreadPlace? ThreadContext, ThreadIteration? PullRequestThreadContext);

public sealed record NewThreadComment(int ParentCommentId, string Content, string CommentType);

/// <param name="FilePath">From the repository's root, with a slash before it.</param>
public sealed record ThreadPlace(string FilePath, FilePosition RightFileStart, FilePosition RightFileEnd);

/// <param name="Line">Counted from 1.</param>
public sealed record FilePosition(int Line, int Offset);

/// <param name="ChangeTrackingId">Of the file in the iteration: by it the thread follows the file.</param>
public sealed record ThreadIteration(int ChangeTrackingId, ComparedIterations IterationContext);

public sealed record ComparedIterations(int FirstComparingIteration, int SecondComparingIteration);

public sealed record ThreadList(ImmutableArray<PullRequestThread> Value);

/// <param name="Status">A word, or its number; absent in threads of the system.</param>
public sealed record PullRequestThread(int Id, JsonElement Status, bool IsDeleted, ImmutableArray<ThreadComment> Comments)
{
    private static readonly string[] Words = ["unknown", "active", "fixed", "wontFix", "closed", "byDesign", "pending"];

    /// <summary>The service sends the word, older servers the number.</summary>
    public string State => Status.ValueKind switch
    {
        JsonValueKind.String => Status.GetString()!,
        JsonValueKind.Number when Status.TryGetInt32(out var number) && number >= 0 && number < Words.Length => Words[number],
        _ => "unknown",
    };

    public bool IsOpen => State is "active" or "pending";

    public ThreadComment? First => Comments is { IsDefaultOrEmpty: false } ? Comments[0] : null;
}

public sealed record ThreadComment(int Id, string? Content, bool IsDeleted);

public sealed record ThreadStatus(string Status);

public sealed record CommentContent(string Content);

public sealed record IterationList(ImmutableArray<Iteration> Value);

public sealed record Iteration(int Id, IterationCommit? SourceRefCommit);

public sealed record IterationCommit(string? CommitId);

/// <param name="NextSkip">0 after the last page.</param>
public sealed record IterationChanges(ImmutableArray<IterationChange> ChangeEntries, int NextSkip);

/// <param name="ChangeType">Words separated by commas, or the sum of their numbers.</param>
public sealed record IterationChange(int ChangeTrackingId, ChangedItem? Item, JsonElement ChangeType)
{
    // VersionControlChangeType of the interface.
    private const int Delete = 16;
    private const int SourceRename = 1024;

    /// <summary>After it nothing has this path: a deletion, or the old name of a file that was renamed.</summary>
    public bool IsGone => ChangeType.ValueKind switch
    {
        JsonValueKind.String => ChangeType.GetString()!.Split(',', StringSplitOptions.TrimEntries).Any(word => word is "delete" or "sourceRename"),
        JsonValueKind.Number when ChangeType.TryGetInt32(out var number) => (number & (Delete | SourceRename)) != 0,
        _ => false,
    };
}

/// <param name="Path">From the repository's root, with a slash before it.</param>
public sealed record ChangedItem(string? Path);

/// <param name="State"><c>succeeded</c> or <c>failed</c>.</param>
public sealed record NewStatus(string State, string Description, string TargetUrl, StatusContext Context, int? IterationId);

public sealed record StatusContext(string Name, string Genre);

/// <summary>One operation of a JSON patch (RFC 6902).</summary>
/// <param name="Value">A text, or a relation.</param>
public sealed record WorkItemField(string Op, string Path, JsonElement Value);

public sealed record WorkItem(int Id);

public sealed record TagList(ImmutableArray<string> Value);
