using System.Buffers;

namespace OciImages.Registry.Blobs;

/// <summary>A piece of a blob while it is in memory.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="Length">How many bytes it has.</param>
internal sealed record RangeBlock(long Start, int Length)
{
    private byte[]? _buffer;

    /// <summary>Ends when all its bytes are here, or when they cannot be had.</summary>
    public TaskCompletionSource Filled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The bytes.</summary>
    public Memory<byte> Memory => (_buffer ??= ArrayPool<byte>.Shared.Rent(Length)).AsMemory(0, Length);

    /// <summary>Gives the memory back; nobody uses it any more.</summary>
    public void Release()
    {
        if (_buffer is not null)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = null;
    }
}
