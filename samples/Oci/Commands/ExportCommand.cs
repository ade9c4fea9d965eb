using System.CommandLine;
using Oci.Output;

namespace Oci.Commands;

/// <summary><c>oci export IMAGE</c>: the image's merged tree to a file, or to standard output when that is no terminal.</summary>
internal static class ExportCommand
{
    public static Command Create(GlobalOptions global)
    {
        var image = new Argument<string>("IMAGE") { Description = "A reference or an ID" };
        var output = new Option<string?>("--output", "-o") { Description = "The file to write, instead of standard output", HelpName = "FILE" };
        var command = new Command("export", "Write an image's file tree as a tar") { image, output };
        command.SetAction((parsed, cancellationToken) => global.RunAsync(parsed, service => OutputFile.WriteAsync(
            parsed.GetValue(output), "export", stream => service.ExportAsync(parsed.GetRequiredValue(image), stream, cancellationToken))));
        return command;
    }
}
