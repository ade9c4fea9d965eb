namespace OciImages.RegistryServer.Internal;

/// <summary>What became of the attempt to go on with an upload.</summary>
internal enum UploadState
{
    /// <summary>There is no such upload in this repository.</summary>
    Unknown,

    /// <summary>Another request is writing to it, here or in another process.</summary>
    Busy,

    /// <summary>It is open, and nobody else touches it until the caller leaves.</summary>
    Entered,
}
