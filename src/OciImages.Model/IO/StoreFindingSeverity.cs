namespace OciImages.IO;

/// <summary>How bad a <see cref="StoreFinding"/> is.</summary>
public enum StoreFindingSeverity
{
    /// <summary>Something takes up room, or is unknown, but nothing acknowledged is in danger: leftovers, orphans, foreign files.</summary>
    Waste,

    /// <summary>A record is wrong in a way that can be put right from what else is there.</summary>
    Inconsistent,

    /// <summary>Something acknowledged is lost or cannot be read: an image, a reference or a layer needs data that is missing or changed.</summary>
    Damaged,
}
