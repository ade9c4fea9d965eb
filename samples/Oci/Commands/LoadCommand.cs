using System.CommandLine;
using Oci.Output;
using OciImages;
using OciImages.Archives;

namespace Oci.Commands;

/// <summary><c>oci load</c>: what was loaded to standard output, in docker's words.</summary>
internal static class LoadCommand
{
    public static Command Create(GlobalOptions global)
    {
        var input = new Option<string?>("--input", "-i") { Description = "The archive to read, instead of standard input", HelpName = "FILE" };
        var platform = new Option<string?>("--platform") { Description = "The platform to choose where the archive has several", HelpName = "PLATFORM" };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Print no progress" };
        var command = new Command("load", "Load images from a tar archive") { input, platform, quiet };
        command.SetAction((parsed, cancellationToken) => global.RunAsync(parsed, async service =>
        {
            string? path = parsed.GetValue(input);
            if (string.IsNullOrEmpty(path) && !Console.IsInputRedirected)
                throw new OciException(OciErrorKind.InvalidInput, "Refusing to load from a terminal: use -i FILE or redirect");
            await using Stream archive = string.IsNullOrEmpty(path) || path == "-"
                ? Console.OpenStandardInput()
                : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous);
            var options = new LoadOptions { Platform = parsed.GetValue(platform) is { } text ? Platform.Parse(text) : null };
            await using var display = TransferDisplay.Create(TransferWords.Load, parsed.GetValue(quiet));
            options.Progress = display;
            var images = await service.LoadAsync(archive, options, cancellationToken);
            await display.CompleteAsync();
            foreach (var image in images)
                Print(image);
        }));
        return command;
    }

    private static void Print(LoadedImage image)
    {
        foreach (var (reference, old) in image.Replaced)
            Console.WriteLine($"The image {reference.ToFamiliarString()} already exists, renaming the old one with ID {old} to empty string");
        foreach (var reference in image.References)
            Console.WriteLine($"Loaded image: {reference.ToFamiliarString()}");
        if (image.References.Count == 0)
            Console.WriteLine($"Loaded image ID: {image.Id}");
    }
}
