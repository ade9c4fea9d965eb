using System.CommandLine;
using OciImages;

namespace Oci.Commands;

/// <summary><c>oci tag IMAGE TAG</c>: prints nothing, as docker.</summary>
internal static class TagCommand
{
    public static Command Create(GlobalOptions global)
    {
        var image = new Argument<string>("IMAGE") { Description = "A reference or an ID" };
        var tag = new Argument<string>("TAG") { Description = "The new name; without tag, latest" };
        var command = new Command("tag", "Give an image another name") { image, tag };
        command.SetAction((parsed, cancellationToken) => global.RunAsync(parsed, service =>
            service.TagAsync(parsed.GetRequiredValue(image), ImageReference.Parse(parsed.GetRequiredValue(tag)), cancellationToken)));
        return command;
    }
}
