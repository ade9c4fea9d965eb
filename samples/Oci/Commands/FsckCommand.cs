using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Oci.Output;
using OciImages;
using OciImages.Checks;
using OciImages.IO;

namespace Oci.Commands;

/// <summary>
/// <c>oci fsck</c>: one line per finding, a summary on standard error. Exits with 0 when nothing is wrong any more, with 1 when something is:
/// waste, as dangling objects for <c>git fsck</c>, is told and is nothing wrong.
/// </summary>
internal static class FsckCommand
{
    public static Command Create(GlobalOptions global)
    {
        var repair = new Option<bool>("--repair") { Description = "Do what each finding says of repair; nothing that is referred to is deleted" };
        var deep = new Option<bool>("--deep") { Description = "Read everything: hash all content and rebuild the tar of every layer" };
        var format = OutputFormat.CreateOption();
        var command = new Command("fsck", "Check the data root, and repair it") { repair, deep, format };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var services = await global.CreateServicesAsync(parsed, cancellationToken);
            var options = new CheckOptions { Repair = parsed.GetValue(repair), Deep = parsed.GetValue(deep) };
            int found = 0, wrong = 0;
            await foreach (var finding in services.GetRequiredService<ImageService>().CheckAsync(options, cancellationToken))
            {
                Print(finding, OutputFormat.IsJson(parsed.GetValue(format)), options.Repair);
                found++;
                if (finding is { IsRepaired: false, Severity: not StoreFindingSeverity.Waste })
                    wrong++;
            }
            Console.Error.WriteLine(found == 0 ? "clean" : $"{found} found, {wrong} to be seen to");
            return wrong == 0 ? 0 : 1;
        });
        return command;
    }

    private static void Print(StoreFinding finding, bool asJson, bool repair)
    {
        if (asJson)
        {
            JsonLine.Write(Console.OpenStandardOutput(),
                ("Path", finding.Path), ("Problem", finding.Problem), ("Repair", finding.Repair ?? ""), ("Repaired", finding.IsRepaired ? "true" : "false"),
                ("Severity", Name(finding.Severity)), ("Store", finding.Store));
            return;
        }
        string outcome = finding switch
        {
            { IsRepaired: true } => $" Repaired: {finding.Repair}",
            { Repair: null } => "",
            _ => repair ? " Not repaired." : $" With --repair: {finding.Repair}",
        };
        Console.WriteLine(Text.Plain($"{Name(finding.Severity)}: {finding.Path}: {finding.Problem}{outcome}"));
    }

    private static string Name(StoreFindingSeverity severity) => severity.ToString().ToLowerInvariant();
}
