using System.CommandLine;
using Oci.Output;
using OciImages;
using OciImages.Catalog;

namespace Oci.Commands;

/// <summary><c>oci images</c>: one row per tag, as docker has it.</summary>
internal static class ImagesCommand
{
    private const string None = "<none>";

    public static Command Create(GlobalOptions global)
    {
        var repository = new Argument<string?>("REPOSITORY[:TAG]") { Arity = ArgumentArity.ZeroOrOne, Description = "Show only these; may be a pattern, such as 'app*'" };
        var all = new Option<bool>("--all", "-a") { Description = "Show images without name that others were built on, too" };
        var filters = new Option<string[]>("--filter", "-f")
        {
            Description = "Show only images that fit; may be repeated: dangling=true|false, label=KEY[=VALUE], label!=KEY[=VALUE], before=IMAGE, since=IMAGE, reference=PATTERN, until=TIME",
            HelpName = "FILTER",
            DefaultValueFactory = _ => [],
        };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Print IDs only" };
        var noTrunc = new Option<bool>("--no-trunc") { Description = "Print IDs whole" };
        var digests = new Option<bool>("--digests") { Description = "Print digests too" };
        var format = OutputFormat.CreateOption();
        var command = new Command("images", "List images") { repository, all, filters, quiet, noTrunc, digests, format };
        command.SetAction((parsed, cancellationToken) => global.RunAsync(parsed, async service =>
        {
            var rows = new List<ImageRow>();
            var options = ListFilters.Parse(parsed.GetValue(filters) ?? [], DateTimeOffset.Now);
            options.All = parsed.GetValue(all);
            if (parsed.GetValue(repository) is { Length: > 0 } pattern)
                options.References = [.. options.References, pattern];
            await foreach (var image in service.ListAsync(options, cancellationToken))
                rows.AddRange(ImageRow.Of(image, parsed.GetValue(digests)));
            Print(rows, parsed.GetValue(format), parsed.GetValue(quiet), parsed.GetValue(noTrunc), parsed.GetValue(digests));
        }));
        return command;
    }

    private static void Print(List<ImageRow> rows, string? format, bool quiet, bool noTrunc, bool digests)
    {
        var now = TimeProvider.System.GetUtcNow();
        if (quiet)
        {
            foreach (string id in rows.Select(row => Id(row.Image, noTrunc)).Distinct())
                Console.WriteLine(id);
        }
        else if (OutputFormat.IsJson(format))
        {
            foreach (var row in rows)
            {
                JsonLine.Write(Console.OpenStandardOutput(),
                    ("Containers", "N/A"), ("CreatedAt", Text.Timestamp(row.Image.Created)), ("CreatedSince", Text.Ago(row.Image.Created, now)),
                    ("Digest", row.Digest ?? None), ("ID", Id(row.Image, noTrunc)), ("Repository", row.Repository), ("SharedSize", "N/A"),
                    ("Size", Text.Size(row.Image.Size)), ("Tag", row.Tag ?? None), ("UniqueSize", "N/A"));
            }
        }
        else
        {
            string[] header = digests
                ? ["REPOSITORY", "TAG", "DIGEST", "IMAGE ID", "CREATED", "SIZE"]
                : ["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"];
            var table = new TextTable(header);
            foreach (var row in rows)
            {
                string[] end = [Id(row.Image, noTrunc), Text.Ago(row.Image.Created, now), Text.Size(row.Image.Size)];
                string[] start = digests ? [row.Repository, row.Tag ?? None, row.Digest ?? None] : [row.Repository, row.Tag ?? None];
                table.Add([.. start, .. end]);
            }
            table.Write(Console.Out);
        }
    }

    private static string Id(ImageSummary image, bool whole) => whole ? image.Id.ToString() : image.Id.Short;
}
