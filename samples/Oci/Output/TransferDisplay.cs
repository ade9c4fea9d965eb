using OciImages.Transfers;
using Spectre.Console;

namespace Oci.Output;

/// <summary>Shows a transfer's progress on standard error: bars on a terminal, lines elsewhere, nothing when quiet.</summary>
internal abstract class TransferDisplay : IProgress<TransferProgress>, IAsyncDisposable
{
    public static TransferDisplay Create(TransferWords words, bool quiet)
    {
        if (quiet)
            return new SilentDisplay();
        return Console.IsErrorRedirected
            ? new LineDisplay(Console.Error, words)
            : new BarDisplay(AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }), words);
    }

    public abstract void Report(TransferProgress value);

    /// <summary>Shows the last state of everything reported so far; further reports start anew.</summary>
    public virtual ValueTask CompleteAsync() => ValueTask.CompletedTask;

    public virtual ValueTask DisposeAsync() => CompleteAsync();
}
