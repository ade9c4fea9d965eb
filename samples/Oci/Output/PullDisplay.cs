using OciImages.Transfers;
using Spectre.Console;

namespace Oci.Output;

/// <summary>Shows a pull's progress on standard error: bars on a terminal, lines elsewhere, nothing when quiet.</summary>
internal abstract class PullDisplay : IProgress<TransferProgress>, IAsyncDisposable
{
    public static PullDisplay Create(bool quiet)
    {
        if (quiet)
            return new SilentPullDisplay();
        return Console.IsErrorRedirected ? new LinePullDisplay(Console.Error) : new BarPullDisplay(AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }));
    }

    public abstract void Report(TransferProgress value);

    /// <summary>Shows the last state of everything reported so far; further reports start anew.</summary>
    public virtual ValueTask CompleteAsync() => ValueTask.CompletedTask;

    public virtual ValueTask DisposeAsync() => CompleteAsync();

    /// <summary>The first 12 characters of the hash, as docker shows layers.</summary>
    protected static string ShortName(TransferProgress progress) => progress.Digest.Hex[..12];

    /// <summary>Docker's words.</summary>
    protected static string Words(TransferPhase phase) => phase switch
    {
        TransferPhase.Queued => "Pulling fs layer",
        TransferPhase.Waiting => "Waiting",
        TransferPhase.Transferring => "Downloading",
        TransferPhase.Verifying => "Verifying Checksum",
        TransferPhase.Transferred => "Download complete",
        TransferPhase.Extracting => "Extracting",
        TransferPhase.Complete => "Pull complete",
        TransferPhase.AlreadyExists => "Already exists",
        TransferPhase.Retrying => "Retrying",
        _ => phase.ToString(),
    };
}
