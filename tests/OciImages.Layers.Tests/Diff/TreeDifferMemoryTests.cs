using System.Diagnostics;
using System.Text;
using OciImages.Layers.Diff;
using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Internal.Trees;
using OciImages.Layers.Tar;
using OciImages.Layers.Tests.Tar;
using OciImages.Layers.Tests.Trees;
using OciImages.TestSupport;

namespace OciImages.Layers.Tests.Diff;

/// <summary>What is measured of the whole process is measured while no other test runs in it.</summary>
[Collection(nameof(AloneCollection))]
public sealed class TreeDifferMemoryTests
{
    [Fact]
    public async Task WriteDiff_ManyFiles_NeedsLittleMemory()
    {
        using var directory = new TempDirectory();
        using var root = FileDescriptor.OpenDirectory(directory.Path);
        for (int i = 0; i < 20_000; i++)
            Assert.Equal(0, Libc.MknodAt(root.Value, CString.From($"a-rather-long-name-of-a-file-{i}"), FileModes.File | 0x1a4, 0));
        await using Stream diff = TreeDiffer.OfTrees(null, directory.Path).OpenDiff();
        byte[] buffer = new byte[1 << 20];
        long length = 0, most = 0, before = GC.GetTotalMemory(forceFullCollection: true);
        for (int count; (count = await diff.ReadAsync(buffer, TestContext.Current.CancellationToken)) > 0; length += count)
        {
            if (length % (4 << 20) < 256 << 10)
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
        }
        Assert.Equal(20_000 * 512 + 1024, length);
        Assert.InRange(most, 0, 4 << 20);
    }
}
