using System.CommandLine;
using OciImages;

namespace Oci.Commands;

/// <summary><c>oci unmount REF|DIR</c>: undoes <c>oci mount</c>.</summary>
internal static class UnmountCommand
{
    public static Command Create(GlobalOptions global)
    {
        var targets = new Argument<string[]>("REF|DIR") { Arity = ArgumentArity.OneOrMore, Description = "Where it is mounted, or the image that is mounted below the root" };
        var command = new Command("unmount", "Unmount an image's files") { targets };
        command.Aliases.Add("umount");
        command.SetAction((parsed, cancellationToken) => global.RunAsync(parsed, async service =>
        {
            foreach (string target in parsed.GetRequiredValue(targets))
            {
                string path = await service.UnmountAsync(target, cancellationToken)
                    ?? throw new OciException(OciErrorKind.NotFound, $"{target} is not mounted");
                Console.WriteLine(path);
            }
        }));
        return command;
    }
}
