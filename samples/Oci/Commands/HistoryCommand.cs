using System.CommandLine;
using System.Globalization;
using Oci.Output;
using OciImages.Catalog;

namespace Oci.Commands;

/// <summary><c>oci history REF</c>: the steps that made an image, newest first.</summary>
internal static class HistoryCommand
{
    private const int CommandWidth = 45;

    public static Command Create(GlobalOptions global)
    {
        var reference = new Argument<string>("REF") { Description = "A reference or an ID" };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Print IDs only" };
        var noTrunc = new Option<bool>("--no-trunc") { Description = "Print everything whole" };
        var human = new Option<bool>("--human", "-H") { Description = "Print sizes and times for people", DefaultValueFactory = _ => true };
        var format = OutputFormat.CreateOption();
        var command = new Command("history", "Tell how an image was made") { reference, quiet, noTrunc, human, format };
        command.SetAction((parsed, cancellationToken) => global.RunAsync(parsed, async service =>
        {
            var items = await service.GetHistoryAsync(parsed.GetRequiredValue(reference), cancellationToken);
            var rows = items.Select(item => Row(item, parsed.GetValue(noTrunc), parsed.GetValue(human)));
            if (parsed.GetValue(quiet))
            {
                foreach (string[] row in rows)
                    Console.WriteLine(row[0]);
            }
            else if (OutputFormat.IsJson(parsed.GetValue(format)))
            {
                foreach (var (item, row) in items.Zip(rows))
                {
                    JsonLine.Write(Console.OpenStandardOutput(),
                        ("Comment", row[4]), ("CreatedAt", Text.Rfc3339(item.Created)), ("CreatedBy", row[2]), ("CreatedSince", row[1]), ("ID", row[0]), ("Size", row[3]));
                }
            }
            else
            {
                var table = new TextTable("IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT");
                foreach (string[] row in rows)
                    table.Add(row);
                table.Write(Console.Out);
            }
        }));
        return command;
    }

    private static string[] Row(ImageHistoryItem item, bool whole, bool human)
    {
        string id = item.Id is { } known ? (whole ? known.ToString() : known.Short) : "<missing>";
        string by = item.CreatedBy.Replace('\t', ' ');
        return
        [
            id,
            human ? Text.Ago(item.Created, TimeProvider.System.GetUtcNow()) : Text.Rfc3339(item.Created),
            whole || by.Length <= CommandWidth ? by : $"{by[..(CommandWidth - 1)]}…",
            human ? Text.Size(item.Size) : item.Size.ToString(CultureInfo.InvariantCulture),
            item.Comment,
        ];
    }
}
