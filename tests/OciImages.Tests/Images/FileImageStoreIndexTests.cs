using System.Text;
using OciImages.Images;
using OciImages.TestSupport;
using OciImages.TestSupport.Logging;

namespace OciImages.Tests.Images;

public sealed class FileImageStoreIndexTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly FileImageStore _store;

    public FileImageStoreIndexTests() => _store = Open();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task ListInfo_TellsWhatConfigsSay()
    {
        var parent = await _store.PutAsync(Config("parent", labels: ""));
        var id = await _store.PutAsync(Config("child", "\"a\":\"1\",\"b\":\"é\"", Layer("x"), Layer("y")));
        await _store.SetParentAsync(id, parent);

        foreach (var store in (FileImageStore[])[_store, Open()])
        {
            var info = await store.ListInfoAsync().SingleAsync(image => image.Id == id);
            Assert.Equal(ChainId.Of([Layer("x"), Layer("y")]), info.TopLayer);
            Assert.Equal("linux/arm64/v8", info.Platform.ToString());
            Assert.Equal(new DateTimeOffset(2024, 1, 2, 3, 4, 5, TimeSpan.FromHours(2)), info.Created);
            Assert.Equal(TimeSpan.FromHours(2), info.Created!.Value.Offset);
            Assert.Equal(["a=1", "b=é"], info.Labels.Select(label => $"{label.Key}={label.Value}"));
            Assert.Equal(parent, info.Parent);
            Assert.True((await store.ListInfoAsync().SingleAsync(image => image.Id == parent)).TopLayer.IsEmpty);
        }
    }

    [Fact]
    public async Task ListInfo_ManyLabels_AreReadFromTheConfig()
    {
        string labels = string.Join(",", Enumerable.Range(0, 500).Select(i => $"\"label-{i}\":\"{new string('v', 100)}\""));
        await _store.PutAsync(Config("1", labels));

        Assert.Equal(500, (await Open().ListInfoAsync().SingleAsync()).Labels.Count);
        Assert.InRange(new FileInfo(IndexPath).Length, 1, 4096);
    }

    [Fact]
    public async Task List_ByAnotherStore_ReadsNoConfig()
    {
        var id = await _store.PutAsync(Config("1", "", Layer("x")));
        string path = ContentPath(id);
        var time = File.GetLastWriteTimeUtc(path);
        await File.WriteAllBytesAsync(path, new byte[new FileInfo(path).Length]);
        File.SetLastWriteTimeUtc(path, time);

        // Damage that shows in neither time nor length is found when the image is read.
        Assert.Equal([id], await Open().ListAsync().ToListAsync());
        Assert.Equal([id], await Open().ListByTopLayerAsync(new ChainId(Layer("x").Value)).ToListAsync());
        Assert.Equal(OciErrorKind.Corrupt, (await Assert.ThrowsAsync<StorageException>(async () => await Open().FindAsync(id))).Kind);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("empty")]
    [InlineData("torn")]
    [InlineData("changed")]
    [InlineData("zeros")]
    [InlineData("foreign")]
    [InlineData("folder")]
    public async Task List_DamagedIndex_IsMadeAgain(string damage)
    {
        var ids = new HashSet<ImageId>();
        for (int i = 0; i < 20; i++)
            ids.Add(await _store.PutAsync(Config($"{i}", "\"a\":\"1\"", Layer("x"))));
        byte[] index = await File.ReadAllBytesAsync(IndexPath);
        switch (damage)
        {
            case "missing": File.Delete(IndexPath); break;
            case "empty": await File.WriteAllBytesAsync(IndexPath, []); break;
            case "torn": await File.WriteAllBytesAsync(IndexPath, index[..(index.Length / 2)]); break;
            case "changed": index[index.Length / 2] ^= 1; await File.WriteAllBytesAsync(IndexPath, index); break;
            case "zeros": await File.WriteAllBytesAsync(IndexPath, [.. index[..(index.Length / 2)], .. new byte[index.Length / 2]]); break;
            case "foreign": await File.WriteAllTextAsync(IndexPath, "something else that is long enough"); break;
            default: File.Delete(IndexPath); Directory.CreateDirectory(IndexPath); break;
        }

        Assert.Equal(ids, (await Open().ListAsync().ToListAsync()).ToHashSet());
        Assert.Equal(20, await Open().ListByTopLayerAsync(new ChainId(Layer("x").Value)).CountAsync());
        if (damage is not ("folder" or "missing"))
            Assert.InRange(new FileInfo(IndexPath).Length, index.Length, index.Length);
    }

    [Fact]
    public async Task OtherStores_SeeEveryChangeAtOnce()
    {
        var other = Open();
        for (int i = 0; i < 30; i++)
        {
            var id = await _store.PutAsync(Config($"{i}", "", Layer("x")));
            Assert.Contains(id, await other.ListAsync().ToListAsync());
            Assert.Equal(id, await other.FindByPrefixAsync(id.Value.Hex[..20]));
            Assert.True(await other.IsTopLayerAsync(new ChainId(Layer("x").Value)));
            Assert.True(await _store.DeleteAsync(id));
            Assert.Empty(await other.ListAsync().ToListAsync());
            Assert.Null(await other.FindByPrefixAsync(id.Value.Hex[..20]));
            Assert.False(await other.IsTopLayerAsync(new ChainId(Layer("x").Value)));
        }
    }

    [Fact]
    public async Task IsTopLayer_DamagedImage_KeepsItsLayersOrAll()
    {
        var known = await _store.PutAsync(Config("known", "", Layer("x")));
        await File.AppendAllTextAsync(ContentPath(known), " ");
        Assert.True(await Open().IsTopLayerAsync(new ChainId(Layer("x").Value)));
        Assert.False(await Open().IsTopLayerAsync(new ChainId(Layer("y").Value)));
        Assert.Empty(await Open().ListAsync().ToListAsync());

        File.Delete(IndexPath);
        Assert.True(await Open().IsTopLayerAsync(new ChainId(Layer("y").Value)));
        await Open().DeleteAsync(known);
        Assert.False(await Open().IsTopLayerAsync(new ChainId(Layer("y").Value)));
    }

    [Fact]
    public async Task TwoStores_AtOnce_LoseNothing()
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        FileImageStore[] stores = [_store, Open()];
        var kept = await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            var random = new Random(seed + worker);
            var mine = new HashSet<ImageId>();
            for (int i = 0; i < 40; i++)
            {
                var store = stores[random.Next(2)];
                if (mine.Count > 0 && random.Next(3) == 0)
                {
                    var id = mine.First();
                    Assert.True(await store.DeleteAsync(id));
                    mine.Remove(id);
                }
                else
                {
                    mine.Add(await store.PutAsync(Config($"{worker}-{i}", "", Layer("x"))));
                }
                Assert.Superset(mine, (await store.ListAsync().ToListAsync()).ToHashSet());
            }
            return mine;
        })));

        var expected = kept.SelectMany(ids => ids).ToHashSet();
        foreach (var store in (FileImageStore[])[.. stores, Open()])
            Assert.Equal(expected, (await store.ListAsync().ToListAsync()).ToHashSet());
    }

    private string IndexPath => _directory["index"];

    private FileImageStore Open() =>
        new(_directory["imagedb"], new FileImageStoreOptions { IndexPath = IndexPath }, new RecordingLogger<FileImageStore>());

    private string ContentPath(ImageId id) => Path.Combine(_store.Root, "content", "sha256", id.Value.Hex);

    private static DiffId Layer(string name) => new(Digest.Compute(Encoding.UTF8.GetBytes(name)));

    private static byte[] Config(string author, string labels, params DiffId[] layers) => Encoding.UTF8.GetBytes(
        $$$"""
        {"author":"{{{author}}}","architecture":"arm64","variant":"v8","os":"linux","created":"2024-01-02T03:04:05+02:00",
        "config":{"Labels":{{{{labels}}}}},"rootfs":{"type":"layers","diff_ids":[{{{string.Join(",", layers.Select(layer => $"\"{layer}\""))}}}]}}
        """);
}
