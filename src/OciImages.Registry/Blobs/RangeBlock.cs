namespace OciImages.Registry.Blobs;

/// <summary>A piece of a blob while it is in memory.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="Length">How many bytes it has.</param>
/// <param name="Buffer">Where they are; at least that long.</param>
internal sealed record RangeBlock(long Start, int Length, byte[] Buffer)
{
    /// <summary>Ends when all its bytes are here, or when they cannot be had.</summary>
    public TaskCompletionSource Filled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The bytes.</summary>
    public Memory<byte> Memory => Buffer.AsMemory(0, Length);
}
