namespace OciImages.References;

/// <summary>What setting a reference does when it names another image already.</summary>
public enum ReferenceWrite
{
    /// <summary>A tag moves; a digest is refused.</summary>
    Replace,

    /// <summary>It is refused.</summary>
    CreateOnly,
}
