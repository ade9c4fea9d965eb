using System.CommandLine;
using System.Globalization;
using Oci.Output;
using OciImages;
using OciImages.Usage;

namespace Oci.Commands;

/// <summary><c>oci df</c>: what takes up room, in the tables of <c>docker system df</c>.</summary>
internal static class DfCommand
{
    public static Command Create(GlobalOptions global)
    {
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Show every image and every writable layer" };
        var format = OutputFormat.CreateOption();
        var command = new Command("df", "Show what takes up room") { verbose, format };
        command.SetAction((parsed, cancellationToken) => global.RunAsync(parsed, async service =>
        {
            var usage = await service.GetDiskUsageAsync(cancellationToken);
            bool asJson = OutputFormat.IsJson(parsed.GetValue(format));
            if (parsed.GetValue(verbose))
                PrintItems(usage, asJson);
            else
                PrintTotals(usage, asJson);
        }));
        return command;
    }

    private static void PrintTotals(DiskUsage usage, bool asJson)
    {
        int used = usage.Images.Count(image => image.Users > 0);
        (string Type, int Total, string Active, long Size, long Reclaimable)[] rows =
        [
            ("Images", usage.Images.Count, Number(used), usage.Layers.Size, usage.Layers.Reclaimable),
            // Whether their containers run is not known here: none is called reclaimable.
            ("Writable Layers", usage.WritableLayers.Count, "N/A", usage.WritableLayers.Sum(layer => layer.Size ?? 0), 0),
            ("Content", usage.Content.Count, "N/A", usage.Content.Size, usage.Content.Reclaimable),
            ("Ingests", usage.Ingests.Count, "N/A", usage.Ingests.Size, usage.Ingests.Reclaimable),
        ];
        var table = new TextTable("TYPE", "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE");
        foreach (var (type, total, active, size, reclaimable) in rows)
        {
            string share = Text.Size(reclaimable) + (size > 0 ? $" ({Number((int)(100 * (double)reclaimable / size))}%)" : "");
            table.Add(type, Number(total), active, Text.Size(size), share);
            if (asJson)
            {
                JsonLine.Write(Console.OpenStandardOutput(),
                    ("Active", active), ("Reclaimable", share), ("Size", Text.Size(size)), ("TotalCount", Number(total)), ("Type", type));
            }
        }
        if (!asJson)
            table.Write(Console.Out);
    }

    private static void PrintItems(DiskUsage usage, bool asJson)
    {
        var now = TimeProvider.System.GetUtcNow();
        var images = new TextTable("REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE", "SHARED SIZE", "UNIQUE SIZE", "CONTAINERS");
        foreach (var item in usage.Images)
        {
            foreach (var row in ImageRow.Of(item.Image, withDigests: false))
            {
                string tag = row.Tag ?? "<none>", size = Text.Size(item.Image.Size), shared = Text.Size(item.SharedSize), unique = Text.Size(item.UniqueSize);
                images.Add(row.Repository, tag, item.Image.Id.Short, Text.Ago(item.Image.Created, now), size, shared, unique, Number(item.Users));
                if (asJson)
                {
                    JsonLine.Write(Console.OpenStandardOutput(),
                        ("Containers", Number(item.Users)), ("CreatedAt", Text.Timestamp(item.Image.Created)), ("ID", item.Image.Id.ToString()),
                        ("Repository", row.Repository), ("SharedSize", shared), ("Size", size), ("Tag", tag), ("Type", "image"), ("UniqueSize", unique));
                }
            }
        }
        var layers = new TextTable("NAME", "SIZE");
        foreach (var layer in usage.WritableLayers)
        {
            string size = layer.Size is { } bytes ? Text.Size(bytes) : "N/A";
            layers.Add(layer.Name, size);
            if (asJson)
                JsonLine.Write(Console.OpenStandardOutput(), ("Name", layer.Name), ("Size", size), ("Type", "writable layer"));
        }
        if (asJson)
            return;
        Console.WriteLine("Images space usage:\n");
        images.Write(Console.Out);
        Console.WriteLine("\nWritable layers space usage:\n");
        layers.Write(Console.Out);
        Console.WriteLine(
            $"\nContent: {Number(usage.Content.Count)} of {Text.Size(usage.Content.Size)}; ingests: {Number(usage.Ingests.Count)} of {Text.Size(usage.Ingests.Size)}");
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
