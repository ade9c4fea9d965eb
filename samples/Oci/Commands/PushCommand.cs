using System.CommandLine;
using Oci.Output;
using OciImages;
using OciImages.Push;

namespace Oci.Commands;

/// <summary><c>oci push REF</c>: the repository and the layers to standard error, digest and size to standard output.</summary>
internal static class PushCommand
{
    public static Command Create(GlobalOptions global)
    {
        var reference = new Argument<string>("REF") { Description = "The image; without tag, latest" };
        var allTags = new Option<bool>("--all-tags", "-a") { Description = "Push every tag that the repository has here" };
        var allPlatforms = new Option<bool>("--all-platforms") { Description = "Push the index with all its platforms, which must all be here" };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Print the image's name only" };
        var command = new Command("push", "Upload an image to a registry") { reference, allTags, allPlatforms, quiet };
        command.SetAction((parsed, cancellationToken) => global.RunAsync(parsed, async service =>
        {
            var parsedReference = ImageReference.Parse(parsed.GetRequiredValue(reference));
            bool isQuiet = parsed.GetValue(quiet);
            bool isAll = parsed.GetValue(allTags);
            if (isAll && (parsedReference.Tag is not null || parsedReference.Digest is not null))
                throw new OciException(OciErrorKind.InvalidInput, "A tag or digest cannot be used with --all-tags");
            if (!isQuiet)
                Console.Error.WriteLine($"The push refers to repository [{parsedReference.Repository}]");
            await using var display = TransferDisplay.Create(TransferWords.Push, isQuiet);
            var options = new PushOptions { AllPlatforms = parsed.GetValue(allPlatforms), Progress = display };
            var results = isAll
                ? service.PushAllTagsAsync(parsedReference.Repository, options, cancellationToken)
                : One(service.PushAsync(parsedReference, options, cancellationToken));
            await foreach (var result in results)
            {
                await display.CompleteAsync();
                Print(result, isQuiet);
            }
        }));
        return command;
    }

    private static async IAsyncEnumerable<PushResult> One(Task<PushResult> push)
    {
        yield return await push;
    }

    private static void Print(PushResult result, bool quiet) => Console.WriteLine(
        quiet ? result.Reference.ToString() : $"{result.Reference.Tag}: digest: {result.Manifest.Digest} size: {result.Manifest.Size}");
}
