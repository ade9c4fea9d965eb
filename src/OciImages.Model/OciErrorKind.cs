namespace OciImages;

/// <summary>What kind of failure an <see cref="OciException"/> reports; a host decides by this and not by the message.</summary>
public enum OciErrorKind
{
    /// <summary>None of the others.</summary>
    Unknown,

    /// <summary>What was asked for does not exist.</summary>
    NotFound,

    /// <summary>What was to be made exists already with other content.</summary>
    AlreadyExists,

    /// <summary>The state of the store or the registry forbids it, for example because something is in use.</summary>
    Conflict,

    /// <summary>The caller's input or untrusted content is malformed.</summary>
    InvalidInput,

    /// <summary>The registry wants credentials, or refuses those it got.</summary>
    Unauthorized,

    /// <summary>The identity is known but may not do this.</summary>
    Forbidden,

    /// <summary>Content is not what its digest, size or checksum says, in transit or at rest.</summary>
    Corrupt,

    /// <summary>A network, disk or lock problem that may pass.</summary>
    Unavailable,

    /// <summary>Well-formed, but not something this library, platform or driver does.</summary>
    Unsupported,
}
