namespace OciImages;

/// <summary>How far an image's platform may be from the wanted one.</summary>
public enum PlatformMatching
{
    /// <summary>Every platform whose programs run on the wanted one, such as linux/386 on linux/amd64; what Docker pulls by.</summary>
    Compatible,

    /// <summary>The wanted platform alone, in any spelling.</summary>
    Exact,

    /// <summary>Every architecture of the wanted operating system; such an image can be stored and unpacked, if not always run.</summary>
    SameOs,
}
