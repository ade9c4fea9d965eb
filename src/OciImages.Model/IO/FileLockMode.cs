namespace OciImages.IO;

/// <summary>Who else may hold a <see cref="FileLock"/> at the same time.</summary>
public enum FileLockMode
{
    /// <summary>Nobody.</summary>
    Exclusive,

    /// <summary>Any number of others that share it too.</summary>
    Shared,
}
