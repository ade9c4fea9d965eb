using OciImages.Catalog;
using OciImages.Events;
using OciImages.FileSystems;
using OciImages.Pull;
using OciImages.Push;
using OciImages.Roots;
using OciImages.TestSupport;
using OciImages.TestSupport.Images;
using OciImages.TestSupport.Tars;
using OciImages.Transfers;

namespace OciImages.Tests.Fakes;

/// <summary>A fresh data root with everything around it, fed from a layout.</summary>
internal sealed class PullFixture : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly LayerDownloadManager _downloads;
    private readonly LayerUploadManager _uploads;

    public PullFixture(string driver = "blob")
    {
        Layout = new OciLayoutBuilder(_directory["layout"]);
        Registry = new LayoutRegistry(Layout.Path);
        Root = ImageRoot.Open(new ImageRootOptions { Path = _directory["root"], Driver = driver });
        _downloads = new LayerDownloadManager(Root.Content, Root.Layers, new TransferOptions { RetryDelay = TimeSpan.Zero });
        Puller = new ImagePuller(Root, Registry, _downloads, Events);
        _uploads = new LayerUploadManager(Root.Content);
        Pusher = new ImagePusher(Root, Registry, _uploads, Events);
        Catalog = new ImageCatalog(Root);
        FileSystems = new ImageFileSystems(Root, Catalog);
    }

    public static ImageReference Reference { get; } = ImageReference.Parse("registry.example/app:v1");

    public OciLayoutBuilder Layout { get; }

    public LayoutRegistry Registry { get; }

    public ImageRoot Root { get; }

    public ImageEvents Events { get; } = new();

    public ImagePuller Puller { get; }

    public ImagePusher Pusher { get; }

    public ImageCatalog Catalog { get; }

    public ImageFileSystems FileSystems { get; }

    public string this[string relative] => _directory[relative];

    /// <summary>Adds an image of some one-file layers and tags it.</summary>
    public Descriptor AddImage(string tag, int layers = 2, Platform? platform = null, string salt = "")
    {
        var made = Enumerable.Range(0, layers)
            .Select(i => Layout.AddGzipLayer(new TarBuilder().File($"file-{i}", $"content {i} {salt}").ToArray()))
            .ToList();
        var manifest = Layout.AddImage(null, made, platform);
        Registry.Tags[tag] = manifest.Digest;
        return manifest;
    }

    public async ValueTask DisposeAsync()
    {
        _downloads.Dispose();
        _uploads.Dispose();
        await Root.DisposeAsync();
        _directory.Dispose();
    }
}
