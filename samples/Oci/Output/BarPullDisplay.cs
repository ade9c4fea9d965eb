using OciImages;
using OciImages.Transfers;
using Spectre.Console;

namespace Oci.Output;

/// <summary>A live bar per layer.</summary>
internal sealed class BarPullDisplay(IAnsiConsole console) : PullDisplay
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Digest, ProgressTask> _bars = [];
    private ProgressContext? _context;
    private TaskCompletionSource? _done;
    private Task _rendering = Task.CompletedTask;

    public override void Report(TransferProgress value)
    {
        lock (_lock)
        {
            if (_context is null)
                Start();
            if (!_bars.TryGetValue(value.Digest, out var bar))
                _bars[value.Digest] = bar = _context!.AddTask("", maxValue: Math.Max(1, value.Total ?? 1));
            bar.Description = $"{ShortName(value)} {Words(value.Phase),-18}";
            bar.Value = value.Phase is TransferPhase.Complete or TransferPhase.AlreadyExists ? bar.MaxValue : Math.Min(value.Current, bar.MaxValue);
        }
    }

    public override async ValueTask CompleteAsync()
    {
        lock (_lock)
        {
            _done?.TrySetResult();
            _context = null;
            _bars.Clear();
        }
        await _rendering;
    }

    private void Start()
    {
        var done = _done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _rendering = console.Progress()
            .AutoClear(false)
            .HideCompleted(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new TransferSpeedColumn())
            .StartAsync(context =>
            {
                _context = context; // runs before StartAsync first yields
                return done.Task;
            });
    }
}
