using System.CommandLine;
using Oci.Output;

namespace Oci.Commands;

/// <summary><c>oci inspect REF…</c>: a JSON array with the members of <c>docker image inspect</c>.</summary>
internal static class InspectCommand
{
    public static Command Create(GlobalOptions global)
    {
        var references = new Argument<string[]>("REF") { Arity = ArgumentArity.OneOrMore, Description = "References or IDs" };
        var format = OutputFormat.CreateOption();
        var command = new Command("inspect", "Tell everything about images") { references, format };
        command.SetAction((parsed, cancellationToken) => global.RunAsync(parsed, async service =>
        {
            var images = new List<OciImages.Catalog.ImageDetails>();
            foreach (string reference in parsed.GetRequiredValue(references))
                images.Add(await service.InspectAsync(reference, cancellationToken));
            InspectJson.Write(Console.OpenStandardOutput(), images, indented: !OutputFormat.IsJson(parsed.GetValue(format)));
        }));
        return command;
    }
}
