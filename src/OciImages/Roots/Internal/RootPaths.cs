using OciImages.IO;

namespace OciImages.Roots.Internal;

/// <summary>Where everything in a data root is, with the modes that dockerd gives its own directories.</summary>
internal sealed class RootPaths
{
    internal const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode GroupMayPass = OwnerOnly | UnixFileMode.GroupExecute;

    public RootPaths(string root, string driver)
    {
        Root = Path.GetFullPath(root);
        Image = Path.Combine(Root, "image", driver);
        Own = Path.Combine(Root, "oci-images");
        DriverHome = Path.Combine(Root, driver);
        Locks = Path.Combine(Own, driver);
    }

    public string Root { get; }

    /// <summary>What Docker keeps of images for the driver.</summary>
    public string Image { get; }

    /// <summary>What Docker has no place for.</summary>
    public string Own { get; }

    public string DriverHome { get; }

    public string Version => Path.Combine(Own, "version");

    public string Repositories => Path.Combine(Image, "repositories.json");

    public string ImageDb => Path.Combine(Image, "imagedb");

    public string LayerDb => Path.Combine(Image, "layerdb");

    public string Distribution => Path.Combine(Image, "distribution");

    public string Content => Path.Combine(Own, "content");

    public string Mounts => Path.Combine(Own, "mounts");

    public string ReferenceLock => Path.Combine(Locks, "references.lock");

    public string ImagesLock => Path.Combine(Locks, "images.lock");

    public string ImageIndex => Path.Combine(Locks, "images.index");

    public string Origins => Path.Combine(Locks, "origins");

    /// <summary>The marks of the processes that have the root open.</summary>
    public string Sessions => Path.Combine(Locks, "sessions");

    private string Locks { get; }

    /// <summary>The other storage drivers that have records of images here; content is common to all.</summary>
    public IEnumerable<string> ListOtherDrivers()
    {
        string images = Path.GetDirectoryName(Image)!;
        return Directory.Exists(images) ? Directory.EnumerateDirectories(images).Where(path => path != Image).Select(path => Path.GetFileName(path)) : [];
    }

    public void Create()
    {
        DurableDirectory.Create(Root, GroupMayPass);
        DurableDirectory.Create(Path.GetDirectoryName(Image)!, OwnerOnly);
        DurableDirectory.Create(Image, OwnerOnly);
        DurableDirectory.Create(DriverHome, GroupMayPass);
        DurableDirectory.Create(Own, OwnerOnly);
        DurableDirectory.Create(Locks, OwnerOnly);
    }
}
