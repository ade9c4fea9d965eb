using OciImages.Transfers;

namespace Oci.Output;

internal sealed class SilentPullDisplay : PullDisplay
{
    public override void Report(TransferProgress value)
    {
    }
}
