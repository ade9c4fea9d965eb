using System.Runtime.CompilerServices;
using System.Text;
using OciImages.Layers.Tests.Trees;
using OciImages.TestSupport;
using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.Drivers;

/// <summary>What <see cref="IStorageDriver"/> promises, asked of every driver.</summary>
public abstract partial class StorageDriverContract : IAsyncLifetime
{
    private readonly TempDirectory _temp = new();
    private readonly Dictionary<string, string?> _parents = [];
    private IStorageDriver? _driver;

    protected string Root => _temp["driver"];

    protected string this[string name] => _temp[name];

    protected IStorageDriver Driver => _driver ??= Create(Root);

    /// <summary>Whether the driver has mounts and writable layers.</summary>
    protected virtual bool HasTrees => true;

    /// <summary>How many layers a chain has that must be mountable; copying drivers take quadratic time for it.</summary>
    protected virtual int ChainLength => 20;

    /// <summary>How many directories deep a layer's tree may be at least.</summary>
    protected virtual int TreeDepth => 2000;

    protected abstract IStorageDriver Create(string root);

    public ValueTask InitializeAsync()
    {
        Prepare();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (_driver is not null)
        {
            foreach (string id in _parents.Keys.Reverse())
                await _driver.RemoveAsync(id, CancellationToken.None);
            await _driver.DisposeAsync();
        }
        _temp.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Skips or prepares what the driver needs.</summary>
    protected virtual void Prepare()
    {
    }

    /// <summary>Runs the body of a test; a subclass may do so elsewhere.</summary>
    protected virtual Task RunAsync(Func<Task> body, [CallerMemberName] string name = "") => body();

    /// <summary>The merged tree of a layer, as a container would see it.</summary>
    protected virtual async Task<Dictionary<string, TreeNode>> TreeAsync(string id)
    {
        await using var mount = await Driver.MountAsync(id);
        return TreeListing.Of(mount.Path);
    }

    protected string? ParentOf(string id) => _parents[id];

    protected async Task<string> AddAsync(TarBuilder tar, string? parentId = null)
    {
        string id = SampleLayers.NewId();
        _parents[id] = parentId;
        await Driver.StageAsync(id, tar.ToStream());
        await Driver.CommitAsync(id, parentId);
        return id;
    }

    protected async Task<OciException> RefusedAsync(TarBuilder tar, OciErrorKind kind = OciErrorKind.InvalidInput)
    {
        string id = SampleLayers.NewId();
        var refusal = await Assert.ThrowsAnyAsync<OciException>(async () => await Driver.StageAsync(id, tar.ToStream()));
        Assert.Equal(kind, refusal.Kind);
        await Driver.RemoveAsync(id);
        Assert.False(await Driver.ExistsAsync(id));
        return refusal;
    }

    protected async Task<string> ReadAsync(string id, string name)
    {
        await using var file = await Driver.OpenFileAsync(id, Encoding.Latin1.GetBytes(name));
        var content = new MemoryStream();
        await file.CopyToAsync(content);
        return Encoding.Latin1.GetString(content.ToArray());
    }

    protected static IEnumerable<string> Paths(Dictionary<string, TreeNode> tree) => tree.Keys.Order(StringComparer.Ordinal);
}
