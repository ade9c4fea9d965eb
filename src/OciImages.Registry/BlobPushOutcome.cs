namespace OciImages.Registry;

/// <summary>How a blob came to be in a repository.</summary>
public enum BlobPushOutcome
{
    /// <summary>Its bytes were sent.</summary>
    Uploaded,

    /// <summary>It was there.</summary>
    Existing,

    /// <summary>The registry took it from another repository.</summary>
    Mounted,
}
