using System.CommandLine;
using OciImages;
using OciImages.Removal;

namespace Oci.Commands;

/// <summary><c>oci rmi IMAGE…</c>: what went to standard output, in docker's words. One failure does not keep the others from being removed.</summary>
internal static class RemoveCommand
{
    public static Command Create(GlobalOptions global)
    {
        var images = new Argument<string[]>("IMAGE") { Description = "References or IDs", Arity = ArgumentArity.OneOrMore };
        var force = new Option<bool>("--force", "-f") { Description = "Remove images with several names or stopped containers too" };
        var noPrune = new Option<bool>("--no-prune") { Description = "Keep untagged parents" };
        var command = new Command("rmi", "Remove images") { images, force, noPrune };
        command.SetAction((parsed, cancellationToken) => global.RunAsync(parsed, async service =>
        {
            string[] names = parsed.GetRequiredValue(images);
            bool isForced = parsed.GetValue(force);
            var failures = new List<string>();
            for (int i = 0; i < names.Length; i++)
            {
                // The blobs of all are collected once, after the last.
                var options = new RemoveOptions { Force = isForced, KeepParents = parsed.GetValue(noPrune), KeepContent = i + 1 < names.Length };
                try
                {
                    RemovedLines.Print(await service.RemoveAsync(names[i], options, cancellationToken));
                }
                catch (OciException e) when (e.Kind is OciErrorKind.NotFound or OciErrorKind.Conflict or OciErrorKind.InvalidInput)
                {
                    if (!isForced || e.Kind != OciErrorKind.NotFound)
                        failures.Add(e.Message);
                }
            }
            if (failures.Count > 0)
                throw new OciException(OciErrorKind.Conflict, string.Join("; ", failures));
        }));
        return command;
    }
}
