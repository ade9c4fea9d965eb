using System.Threading.Channels;
using OciImages;
using OciImages.Transfers;
using Spectre.Console;

namespace Oci.Output;

/// <summary>A live bar per layer. Reports go through a channel, so that transfers never wait for a terminal.</summary>
internal sealed class BarDisplay(IAnsiConsole console, TransferWords words) : TransferDisplay
{
    private readonly Lock _lock = new();
    private Channel<TransferProgress>? _reports;
    private Task _rendering = Task.CompletedTask;

    public override void Report(TransferProgress value)
    {
        lock (_lock)
        {
            if (_reports is null)
            {
                _reports = Channel.CreateUnbounded<TransferProgress>(new UnboundedChannelOptions { SingleReader = true });
                _rendering = RenderAsync(_reports.Reader);
            }
            _reports.Writer.TryWrite(value);
        }
    }

    public override async ValueTask CompleteAsync()
    {
        Task rendering;
        lock (_lock)
        {
            _reports?.Writer.Complete();
            _reports = null;
            rendering = _rendering;
        }
        await rendering;
    }

    private Task RenderAsync(ChannelReader<TransferProgress> reports)
    {
        var progress = console.Progress().AutoClear(false).HideCompleted(false).Columns(
            new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new TransferSpeedColumn());
        return Task.Run(() => progress.StartAsync(async context =>
        {
            var bars = new Dictionary<Digest, ProgressTask>();
            await foreach (var report in reports.ReadAllAsync())
            {
                string description = Markup.Escape($"{words.NameOf(report)} {words.Of(report),-20}");
                if (!bars.TryGetValue(report.Digest, out var bar))
                    bars[report.Digest] = bar = context.AddTask(description, maxValue: Math.Max(1, report.Total ?? 1));
                bar.Description = description;
                bar.Value = report.Phase is TransferPhase.Complete or TransferPhase.AlreadyExists or TransferPhase.Mounted or TransferPhase.Skipped
                    ? bar.MaxValue
                    : Math.Min(report.Current, bar.MaxValue);
            }
        }));
    }
}
