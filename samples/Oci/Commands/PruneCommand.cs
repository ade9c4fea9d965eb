using System.CommandLine;
using System.Globalization;
using Oci.Output;
using OciImages;
using OciImages.Removal;

namespace Oci.Commands;

/// <summary><c>oci prune</c>: asks first unless forced; a dry run asks nothing and changes nothing.</summary>
internal static class PruneCommand
{
    public static Command Create(GlobalOptions global)
    {
        var all = new Option<bool>("--all", "-a") { Description = "Remove all images that nothing uses, not just those without tag" };
        var filters = new Option<string[]>("--filter") { Description = "until=TIME, label=KEY[=VALUE] or label!=KEY[=VALUE]; may be repeated", DefaultValueFactory = _ => [] };
        var force = new Option<bool>("--force", "-f") { Description = "Do not ask" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Say what would be removed, and remove nothing" };
        var command = new Command("prune", "Remove unused images") { all, filters, force, dryRun };
        command.SetAction((parsed, cancellationToken) => global.RunAsync(parsed, async service =>
        {
            var options = PruneFilters.Parse(parsed.GetValue(filters) ?? [], DateTimeOffset.Now);
            options.All |= parsed.GetValue(all);
            options.DryRun = parsed.GetValue(dryRun);
            if (!options.DryRun && !parsed.GetValue(force) && !Confirm(options.All))
                return;
            Print(await service.PruneAsync(options, cancellationToken));
        }));
        return command;
    }

    private static bool Confirm(bool all)
    {
        Console.Error.WriteLine($"WARNING! This will remove all {(all ? "images without at least one container associated to them" : "dangling images")}.");
        Console.Error.Write("Are you sure you want to continue? [y/N] ");
        return Console.ReadLine()?.Trim() is "y" or "Y" or "yes";
    }

    private static void Print(PruneResult result)
    {
        if (result.Items.Count > 0)
            Console.WriteLine("Deleted Images:");
        foreach (var item in result.Items)
            Console.WriteLine(item.Untagged is { } reference ? $"untagged: {reference}" : $"deleted: {item.Deleted}");
        foreach (var blocked in result.Blocked)
            Console.Error.WriteLine($"kept: {Text.Plain(blocked.Reason)}");
        if (result.Items.Count > 0)
            Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Total reclaimed space: {Text.Size(result.SpaceReclaimed + result.ContentReclaimed)}"));
    }
}
