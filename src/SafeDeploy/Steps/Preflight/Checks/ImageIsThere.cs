using static SafeDeploy.Steps.Preflight.PreflightProblems;

namespace SafeDeploy.Steps.Preflight.Checks;

internal sealed class ImageIsThere : IPreflightCheck
{
    public string Name => "image";

    public async Task<IReadOnlyList<PreflightFinding>> CheckAsync(PreflightSubject subject, CancellationToken cancellation)
    {
        if (subject.Target is not { } target || subject.Config.Deploy?.Image is not { } reference)
            return [];
        var image = await target.ResolveAsync(reference, cancellation);
        return subject.To.Digest is { } planned && planned != image.Digest
            ?
            [
                new PreflightFinding.Refusal(Found(ImageMissing,
                    $"\"{reference}\" means {image.Digest} now, the plan was made with {planned}", reference, "plan again, or release by digest")),
            ]
            : [new PreflightFinding.Good($"{reference} is {image.Digest}")];
    }
}
