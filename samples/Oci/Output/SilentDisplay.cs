using OciImages.Transfers;

namespace Oci.Output;

internal sealed class SilentDisplay : TransferDisplay
{
    public override void Report(TransferProgress value)
    {
    }
}
