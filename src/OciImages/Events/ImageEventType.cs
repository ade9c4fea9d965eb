namespace OciImages.Events;

/// <summary>What happened to an image.</summary>
public enum ImageEventType
{
    /// <summary>It was pulled.</summary>
    Pull,

    /// <summary>A tag was set to it.</summary>
    Tag,

    /// <summary>A tag was taken from it.</summary>
    Untag,

    /// <summary>It was pushed.</summary>
    Push,

    /// <summary>It came out of an archive.</summary>
    Load,

    /// <summary>It was written into an archive.</summary>
    Save,

    /// <summary>It was deleted.</summary>
    Delete,

    /// <summary>Unused images were removed; the event has no image, and the reclaimed bytes for a reference.</summary>
    Prune,

    /// <summary>It was made of a root file system.</summary>
    Import,
}
