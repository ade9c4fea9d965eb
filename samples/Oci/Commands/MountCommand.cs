using System.CommandLine;

namespace Oci.Commands;

/// <summary><c>oci mount REF [DIR]</c>: an image's files, read-only, until <c>oci unmount</c>; prints where.</summary>
internal static class MountCommand
{
    public static Command Create(GlobalOptions global)
    {
        var reference = new Argument<string>("REF") { Description = "A reference or an ID" };
        var directory = new Argument<string?>("DIR") { Arity = ArgumentArity.ZeroOrOne, Description = "Where to mount (default: a new directory below the root)" };
        var command = new Command("mount", "Mount an image's files read-only and print where") { reference, directory };
        command.SetAction((parsed, cancellationToken) => global.RunAsync(parsed, async service =>
            Console.WriteLine(await service.KeepMountedAsync(parsed.GetRequiredValue(reference), parsed.GetValue(directory), cancellationToken))));
        return command;
    }
}
