using System.CommandLine;

namespace Oci.Commands;

/// <summary><c>oci unmount REF|DIR</c>: undoes <c>oci mount</c>.</summary>
internal static class UnmountCommand
{
    public static Command Create(GlobalOptions global)
    {
        var targets = new Argument<string[]>("REF|DIR") { Arity = ArgumentArity.OneOrMore, Description = "Where it is mounted, or an image: all its mounts" };
        var command = new Command("unmount", "Unmount an image's files") { targets };
        command.Aliases.Add("umount");
        command.SetAction((parsed, cancellationToken) => global.RunAsync(parsed, async service =>
        {
            foreach (string target in parsed.GetRequiredValue(targets))
            {
                foreach (string path in await service.UnmountAsync(target, cancellationToken))
                    Console.WriteLine(path);
            }
        }));
        return command;
    }
}
