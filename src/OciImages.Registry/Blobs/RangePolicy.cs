namespace OciImages.Registry.Blobs;

/// <summary>When a blob is read by several ranges, and how large these are.</summary>
internal sealed record RangePolicy
{
    /// <summary>The bytes of one range. Less would wait more for answers than for bytes, more would only take memory.</summary>
    public int BlockSize { get; init; } = 4 * 1024 * 1024;

    /// <summary>Buffers beyond those that are being filled, so that nobody waits for the reader.</summary>
    public int SpareBlocks { get; init; } = 2;

    /// <summary>The least bytes still to come: below this the change costs more than it brings.</summary>
    public long LeastRest { get; init; } = 32 * 1024 * 1024;

    /// <summary>How long the first connection is waited for, in all, before its rate says something.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The bytes per second that a connection must bring to stay the only one: close to what a gigabit network gives in all.</summary>
    public double EnoughRate { get; init; } = 96 * 1024 * 1024;
}
