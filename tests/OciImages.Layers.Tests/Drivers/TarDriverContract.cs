using OciImages.Layers.Drivers;
using OciImages.Layers.Tests.Trees;
using OciImages.TestSupport;

namespace OciImages.Layers.Tests.Drivers;

/// <summary>What drivers promise that keep tars and no trees.</summary>
public abstract class TarDriverContract : StorageDriverContract
{
    protected override bool HasTrees => false;

    protected override void Prepare() => Peers.RequireRoot();

    // What the tars hold is looked at through another driver.
    protected override async Task<Dictionary<string, TreeNode>> TreeAsync(string id)
    {
        await using var vfs = new VfsDriver(this["unpacked"]);
        var chain = new List<string>();
        for (string? next = id; next is not null; next = ParentOf(next))
            chain.Add(next);
        string? parent = null;
        foreach (string layer in Enumerable.Reverse(chain))
        {
            if (!await vfs.ExistsAsync(layer))
            {
                await using var tar = await ((ITarSource)Driver).OpenTarAsync(layer);
                await vfs.StageAsync(layer, tar);
                await vfs.CommitAsync(layer, parent);
            }
            parent = layer;
        }
        Dictionary<string, TreeNode> tree;
        await using (var mount = await vfs.MountAsync(id))
            tree = TreeListing.Of(mount.Path);
        foreach (string layer in chain)
            await vfs.RemoveAsync(layer);
        return tree;
    }

    [Fact]
    public async Task OpenTar_TrailingBytes_GivesAllBack()
    {
        byte[] tar = [.. SampleLayers.Nasty().ToArray(), .. "what follows the end marker"u8];
        string id = SampleLayers.NewId();
        await Driver.StageAsync(id, new MemoryStream(tar));
        await Driver.CommitAsync(id, null);

        await using var kept = await ((ITarSource)Driver).OpenTarAsync(id);
        var copy = new MemoryStream();
        await kept.CopyToAsync(copy);

        Assert.Equal(tar, copy.ToArray());
    }
}
