namespace OciImages.RegistryServer.Internal;

/// <summary>The resources of the API: OCI distribution specification, "Endpoints".</summary>
internal enum RouteKind
{
    /// <summary>No resource of the API.</summary>
    None,

    /// <summary><c>/v2/</c>: end-1.</summary>
    Base,

    /// <summary><c>/v2/_catalog</c>: from Docker's API.</summary>
    Catalog,

    /// <summary><c>/v2/NAME/blobs/DIGEST</c>: end-2, end-10.</summary>
    Blob,

    /// <summary><c>/v2/NAME/manifests/REFERENCE</c>: end-3, end-7, end-9.</summary>
    Manifest,

    /// <summary><c>/v2/NAME/blobs/uploads/</c>: end-4, end-11.</summary>
    Uploads,

    /// <summary><c>/v2/NAME/blobs/uploads/ID</c>: end-5, end-6, end-13, end-14.</summary>
    Upload,

    /// <summary><c>/v2/NAME/tags/list</c>: end-8.</summary>
    Tags,

    /// <summary><c>/v2/NAME/referrers/DIGEST</c>: end-12.</summary>
    Referrers,
}
