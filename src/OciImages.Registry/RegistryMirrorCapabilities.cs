namespace OciImages.Registry;

/// <summary>What a mirror is asked for.</summary>
[Flags]
public enum RegistryMirrorCapabilities
{
    /// <summary>Nothing: the mirror is not used.</summary>
    None = 0,

    /// <summary>Blobs and manifests by digest. What comes is checked, so the mirror need not be trusted.</summary>
    Pull = 1,

    /// <summary>What a tag names. The mirror decides what runs: it must be trusted like the registry itself.</summary>
    Resolve = 2,

    /// <summary>Everything.</summary>
    All = Pull | Resolve,
}
