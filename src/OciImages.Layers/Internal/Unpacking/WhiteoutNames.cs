namespace OciImages.Layers.Internal.Unpacking;

/// <summary>The marker names of the OCI image specification, "Layer", sections "Whiteouts" and "Opaque Whiteout".</summary>
internal static class WhiteoutNames
{
    /// <summary>Starts a marker's name; the hidden name follows.</summary>
    internal static ReadOnlySpan<byte> Prefix => ".wh."u8;

    /// <summary>The marker that hides all of its directory, ending with NUL.</summary>
    internal static ReadOnlySpan<byte> Opaque => ".wh..wh..opq\0"u8;

    /// <summary>Starts names that aufs used for itself.</summary>
    internal static ReadOnlySpan<byte> AufsPrefix => ".wh..wh."u8;
}
