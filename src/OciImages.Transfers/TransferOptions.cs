namespace OciImages.Transfers;

/// <summary>How layers are transferred.</summary>
public sealed class TransferOptions
{
    /// <summary>How many layers are downloaded and unpacked at the same time, over all pulls; 1 or more.</summary>
    /// <value>Default: 3, as Docker's.</value>
    public int MaxConcurrentDownloads { get; set; } = 3;

    /// <summary>How many layers are uploaded at the same time, over all pushes; 1 or more.</summary>
    /// <value>Default: 5, as Docker's.</value>
    public int MaxConcurrentUploads { get; set; } = 5;

    /// <summary>
    /// How often a layer is tried in all, when its content arrives damaged or its source fails for a while; 1 or more. The registry
    /// client repeats requests and resumes cut connections by itself before that counts as one attempt.
    /// </summary>
    /// <value>Default: 5, as Docker's.</value>
    public int MaxAttempts { get; set; } = 5;

    /// <summary>The pause before the second attempt; each further one may be twice as long, a random part of it is waited.</summary>
    /// <value>Default: 1 second.</value>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Whether compressed blobs stay in the content store, so that push and save are byte-exact without work. Without them the
    /// uncompressed tar can still be rebuilt.
    /// </summary>
    /// <value>Default: true.</value>
    public bool KeepLayerBlobs { get; set; } = true;

    /// <summary>How many bytes any layer may unpack to, however small its blob is.</summary>
    /// <value>Default: 8 GiB.</value>
    public long MaxUnpackedSize { get; set; } = 8L << 30;

    /// <summary>
    /// How many times the size of its blob a layer may unpack to when that is more than <see cref="MaxUnpackedSize"/>; a guard against
    /// decompression bombs.
    /// </summary>
    /// <value>Default: 100.</value>
    public int MaxUnpackRatio { get; set; } = 100;

    /// <summary>How long another process may hold a layer's ingest without adding to it before a pull that waits for it gives up.</summary>
    /// <value>Default: 5 minutes.</value>
    public TimeSpan StalledIngestTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The shortest time between two reports of bytes of one layer.</summary>
    /// <value>Default: 100 milliseconds.</value>
    public TimeSpan ProgressInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The clock.</summary>
    /// <value>Default: the system's.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}
