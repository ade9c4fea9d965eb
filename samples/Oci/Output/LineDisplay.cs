using OciImages;
using OciImages.Transfers;

namespace Oci.Output;

/// <summary>One line per change of a layer's phase, as docker writes when its output is not a terminal.</summary>
internal sealed class LineDisplay(TextWriter output, TransferWords words) : TransferDisplay
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Digest, TransferPhase> _phases = [];

    public override ValueTask CompleteAsync()
    {
        lock (_lock)
            _phases.Clear();
        return ValueTask.CompletedTask;
    }

    public override void Report(TransferProgress value)
    {
        lock (_lock)
        {
            if (_phases.TryGetValue(value.Digest, out var last) && last == value.Phase)
                return;
            _phases[value.Digest] = value.Phase;
            if (value.Phase is not (TransferPhase.Transferring or TransferPhase.Extracting))
                output.WriteLine($"{words.NameOf(value)}: {words.Of(value)}");
        }
    }
}
