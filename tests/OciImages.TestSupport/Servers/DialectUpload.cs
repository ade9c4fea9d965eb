namespace OciImages.TestSupport.Servers;

/// <summary>An upload under way at a <see cref="DialectRegistry"/>.</summary>
internal sealed class DialectUpload
{
    public MemoryStream Content { get; } = new();

    /// <summary>The number of the newest place; older ones are dead.</summary>
    public int State { get; set; }

    public int Patches { get; set; }

    /// <summary>The end of the first part.</summary>
    public long FirstEnd { get; set; }

    public bool HadShortPatch { get; set; }

    public Lock Lock { get; } = new();
}
