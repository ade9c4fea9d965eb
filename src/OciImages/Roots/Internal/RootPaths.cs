using OciImages.IO;

namespace OciImages.Roots.Internal;

/// <summary>Where everything in a data root is, with the modes that dockerd gives its own directories.</summary>
internal sealed class RootPaths
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode GroupMayPass = OwnerOnly | UnixFileMode.GroupExecute;

    private readonly string _image;
    private readonly string _own;

    public RootPaths(string root, string driver)
    {
        Root = Path.GetFullPath(root);
        _image = Path.Combine(Root, "image", driver);
        _own = Path.Combine(Root, "oci-images");
        DriverHome = Path.Combine(Root, driver);
        Locks = Path.Combine(_own, driver);
    }

    public string Root { get; }

    public string DriverHome { get; }

    public string Repositories => Path.Combine(_image, "repositories.json");

    public string ImageDb => Path.Combine(_image, "imagedb");

    public string LayerDb => Path.Combine(_image, "layerdb");

    public string Distribution => Path.Combine(_image, "distribution");

    public string Content => Path.Combine(_own, "content");

    public string Mounts => Path.Combine(_own, "mounts");

    public string ReferenceLock => Path.Combine(Locks, "references.lock");

    public string ImageIndex => Path.Combine(Locks, "images.index");

    public string Origins => Path.Combine(Locks, "origins");

    private string Locks { get; }

    public void Create()
    {
        DurableDirectory.Create(Root, GroupMayPass);
        DurableDirectory.Create(Path.GetDirectoryName(_image)!, OwnerOnly);
        DurableDirectory.Create(_image, OwnerOnly);
        DurableDirectory.Create(DriverHome, GroupMayPass);
        DurableDirectory.Create(_own, OwnerOnly);
        DurableDirectory.Create(Locks, OwnerOnly);
    }
}
