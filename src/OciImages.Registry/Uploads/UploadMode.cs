namespace OciImages.Registry.Uploads;

/// <summary>How the bytes of a blob are sent. OCI distribution specification, "Pushing blobs".</summary>
public enum UploadMode
{
    /// <summary>One <c>PUT</c> with all bytes, after the <c>POST</c> that opens the session.</summary>
    Monolithic,

    /// <summary>One <c>PATCH</c> with all bytes, then an empty <c>PUT</c>: what <c>docker push</c> does. A cut is continued where the registry has got to.</summary>
    Streamed,

    /// <summary>One <c>PATCH</c> after the other, each with a part, then an empty <c>PUT</c>.</summary>
    Chunked,
}
