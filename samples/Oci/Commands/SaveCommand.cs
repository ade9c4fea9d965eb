using System.CommandLine;
using Oci.Output;
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
            await OutputFile.WriteAsync(
                parsed.GetValue(output), "save", stream => service.SaveAsync(names, stream, options, cancellationToken));
        }));
        return command;
    }
}
