using System.CommandLine;
using Oci.Output;
using OciImages;
using OciImages.Pull;

namespace Oci.Commands;

/// <summary><c>oci pull REF</c>: progress to standard error, digest, status and name to standard output.</summary>
internal static class PullCommand
{
    public static Command Create(GlobalOptions global)
    {
        var reference = new Argument<string>("REF") { Description = "The image; without tag and digest, latest" };
        var platform = new Option<string?>("--platform") { Description = "The platform to choose, such as linux/arm64", HelpName = "PLATFORM" };
        var allTags = new Option<bool>("--all-tags", "-a") { Description = "Pull every tag of the repository" };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Print the image's name only" };
        var command = new Command("pull", "Download an image from a registry") { reference, platform, allTags, quiet };
        command.SetAction((parsed, cancellationToken) => global.RunAsync(parsed, async service =>
        {
            var parsedReference = ImageReference.Parse(parsed.GetRequiredValue(reference));
            var options = new PullOptions { Platform = parsed.GetValue(platform) is { } text ? Platform.Parse(text) : null };
            bool isQuiet = parsed.GetValue(quiet);
            if (parsed.GetValue(allTags))
                await PullAllTagsAsync(service, parsedReference, options, isQuiet, cancellationToken);
            else
                await PullOneAsync(service, parsedReference, options, isQuiet, cancellationToken);
        }));
        return command;
    }

    private static async Task PullAllTagsAsync(
        ImageService service, ImageReference reference, PullOptions options, bool quiet, CancellationToken cancellationToken)
    {
        if (reference.Tag is not null || reference.Digest is not null)
            throw new OciException(OciErrorKind.InvalidInput, "A tag or digest cannot be used with --all-tags");
        await using var display = TransferDisplay.Create(TransferWords.Pull, quiet);
        options.Progress = display;
        await foreach (var result in service.PullAllTagsAsync(reference.Repository, options, cancellationToken))
        {
            await display.CompleteAsync();
            Print(result, quiet);
        }
    }

    private static async Task PullOneAsync(
        ImageService service, ImageReference reference, PullOptions options, bool quiet, CancellationToken cancellationToken)
    {
        reference = reference.WithDefaultTag();
        if (!quiet)
            Console.Error.WriteLine($"{reference.Tag ?? reference.Digest.ToString()}: Pulling from {reference.Repository.Path}");
        PullResult result;
        await using (var display = TransferDisplay.Create(TransferWords.Pull, quiet))
        {
            options.Progress = display;
            result = await service.PullAsync(reference, options, cancellationToken);
            await display.CompleteAsync();
        }
        Print(result, quiet);
    }

    private static void Print(PullResult result, bool quiet)
    {
        foreach (string warning in result.Warnings)
            Console.Error.WriteLine($"WARNING: {Text.Plain(warning)}");
        if (!quiet)
        {
            string name = result.Reference.ToFamiliarString();
            Console.WriteLine($"Digest: {result.Digest}");
            Console.WriteLine(result.IsUpToDate ? $"Status: Image is up to date for {name}" : $"Status: Downloaded newer image for {name}");
        }
        Console.WriteLine(result.Reference.ToString());
    }
}
