using System.CommandLine;

namespace Oci.Commands;

/// <summary><c>oci unpack REF DIR</c>: an image's files into a directory.</summary>
internal static class UnpackCommand
{
    public static Command Create(GlobalOptions global)
    {
        var reference = new Argument<string>("REF") { Description = "A reference or an ID" };
        var directory = new Argument<string>("DIR") { Description = "The directory; made when it is missing, otherwise empty" };
        var command = new Command("unpack", "Write an image's files into a directory") { reference, directory };
        command.SetAction((parsed, cancellationToken) => global.RunAsync(parsed, service =>
            service.UnpackAsync(parsed.GetRequiredValue(reference), parsed.GetRequiredValue(directory), cancellationToken)));
        return command;
    }
}
