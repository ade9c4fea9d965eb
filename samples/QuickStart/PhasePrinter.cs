using OciImages.Transfers;

namespace QuickStart;

/// <summary>Prints each layer's milestones.</summary>
internal sealed class PhasePrinter : IProgress<TransferProgress>
{
    public void Report(TransferProgress value)
    {
        if (value.Phase is TransferPhase.Transferred or TransferPhase.Complete or TransferPhase.AlreadyExists or TransferPhase.Retrying)
            Console.WriteLine($"  {value.Digest.Hex[..12]}  {value.Phase,-13}  {value.Total,12:N0} bytes");
    }
}
