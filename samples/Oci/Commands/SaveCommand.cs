using System.CommandLine;
using OciImages;
using OciImages.Archives;

namespace Oci.Commands;

/// <summary><c>oci save IMAGE…</c>: an archive to a file, or to standard output when that is no terminal.</summary>
internal static class SaveCommand
{
    public static Command Create(GlobalOptions global)
    {
        var images = new Argument<string[]>("IMAGE") { Description = "Images; a name without tag is every tag that it has here", Arity = ArgumentArity.OneOrMore };
        var output = new Option<string?>("--output", "-o") { Description = "The file to write, instead of standard output", HelpName = "FILE" };
        var allPlatforms = new Option<bool>("--all-platforms") { Description = "Save the index with all its platforms, which must all be here" };
        var command = new Command("save", "Save images to a tar archive") { images, output, allPlatforms };
        command.SetAction((parsed, cancellationToken) => global.RunAsync(parsed, async service =>
        {
            string[] names = parsed.GetRequiredValue(images);
            var options = new SaveOptions { AllPlatforms = parsed.GetValue(allPlatforms) };
            if (parsed.GetValue(output) is { Length: > 0 } path && path != "-")
                await SaveToFileAsync(service, names, path, options, cancellationToken);
            else if (!Console.IsOutputRedirected)
                throw new OciException(OciErrorKind.InvalidInput, "Refusing to save to a terminal: use -o FILE or redirect");
            else
                await SaveToOutputAsync(service, names, options, cancellationToken);
        }));
        return command;
    }

    private static async Task SaveToOutputAsync(ImageService service, string[] names, SaveOptions options, CancellationToken cancellationToken)
    {
        await using var stream = Console.OpenStandardOutput();
        await service.SaveAsync(names, stream, options, cancellationToken);
    }

    // The file has its name when it is whole: a failure leaves an older archive as it was.
    private static async Task SaveToFileAsync(
        ImageService service, string[] names, string path, SaveOptions options, CancellationToken cancellationToken)
    {
        if (IsSpecial(path))
        {
            await using var special = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            await service.SaveAsync(names, special, options, cancellationToken);
            return;
        }
        string unfinished = $"{path}.{Environment.ProcessId}.part";
        try
        {
            await using (var file = new FileStream(unfinished, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20, FileOptions.Asynchronous))
                await service.SaveAsync(names, file, options, cancellationToken);
            File.Move(unfinished, path, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }

    // Pipes, devices and links stay what they are.
    private static bool IsSpecial(string path) =>
        new FileInfo(path) is { Exists: true } file && (file.LinkTarget is not null || (file.Attributes & FileAttributes.Device) != 0 || file.FullName.StartsWith("/dev/", StringComparison.Ordinal));
}
