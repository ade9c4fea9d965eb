using OciImages.Transfers;

namespace Oci.Output;

/// <summary>How a verb names layers and what happens to them.</summary>
internal abstract class TransferWords
{
    public static TransferWords Pull { get; } = new PullWords();

    public static TransferWords Push { get; } = new PushWords();

    public static TransferWords Load { get; } = new LoadWords();

    /// <summary>The first 12 characters of the hash that docker shows.</summary>
    public abstract string NameOf(TransferProgress progress);

    /// <summary>Docker's words for a phase.</summary>
    public abstract string Of(TransferProgress progress);
}
