using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using OciImages.Layers.Compression;
using OciImages.Layers.Tar;
using OciImages.TestSupport;

namespace OciImages.Layers.Tests.Tar;

/// <summary>The tars of tests/corpora. What is expected of each is what Go's archive/tar tests say of it, as Docker reads layers with that.</summary>
public class TarCorpusTests
{
    /// <summary>Each file: null when it must be refused, else its members as "type name size[ -> link]".</summary>
    private static readonly Dictionary<string, string[]?> Expected = new()
    {
        ["1c51fc286aa95d9413226599576bafa38490b1e292375c90de095855b64caea6"] = ["File true 124"],
        ["extranils.tar.gz"] = ["File file 0"],
        ["file-and-dir.tar"] = ["File small.txt 5", "Directory dir/ 0"],
        ["gnu-incremental.tar"] = ["Unknown test2/ 0", "File test2/foo 64", "File test2/sparse 536870912"],
        ["gnu-multi-hdrs.tar"] = ["SymbolicLink GNU2/GNU2/long-path-name 0 -> GNU4/GNU4/long-linkpath-name"],
        ["gnu-nil-sparse-data.tar"] = ["File sparse.db 1000"],
        ["gnu-not-utf8.tar"] = ["File hi\u0080\u0081\u0082\u0083bye 0"],
        ["gnu-sparse-big.tar"] = ["File gnu-sparse 60000000000"],
        ["gnu.tar"] = ["File small.txt 5", "File small2.txt 11"],
        ["hardlink.tar"] = ["File file.txt 15", "HardLink hard.txt 0 -> file.txt"],
        ["invalid-go17.tar"] = ["File " + new string('a', 97) + "/foo 0"],
        ["iso-8859.tar.gz"] = ["Directory data/ 0", "File data/file-with-german-umlaut-ae-\u00e4 15"],
        ["issue10968.tar"] = null,
        ["issue12435.tar"] = null,
        ["neg-size.tar"] = null,
        ["pax-bad-hdr-file.tar"] = null,
        ["pax-bad-hdr-large.tar.bz2"] = null,
        ["pax-global-records.tar"] = ["GlobalHeader global1 0", "File file1 0", "File file2 0", "GlobalHeader GlobalHead.0.0 0", "File file3 0", "File file4 0"],
        ["pax-multi-hdrs.tar"] = ["SymbolicLink bar 0 -> PAX4/PAX4/long-linkpath-name"],
        ["pax-nil-sparse-hole.tar"] = ["File sparse.db 1000"],
        ["pax-nul-path.tar"] = null,
        ["pax-path-hdr.tar"] = [],
        ["pax-pos-size-file.tar"] = ["File foo 999"],
        ["pax-sparse-big.tar"] = ["File pax-sparse 60000000000"],
        ["small2.txt"] = null,
        ["sparse-formats.tar"] = ["File sparse-gnu 200", "File sparse-posix-0.0 200", "File sparse-posix-0.1 200", "File sparse-posix-1.0 200", "File end 4"],
        ["t.tar.gz"] = ["File ./hurr.txt 19", "File ./ermahgerd.txt 27"],
        ["trailing-slash.tar"] = ["Directory " + string.Concat(Enumerable.Repeat("123456789/", 30)) + " 0"],
        ["ustar-file-devs.tar"] = ["File file 0"],
        ["ustar.tar"] = ["File " + string.Concat(Enumerable.Repeat("longname/", 15)) + "file.txt 6"],
        ["v7.tar"] = ["File small.txt 5", "File small2.txt 11"],
        ["writer-big.tar"] = null, // 16 GiB by its header, and nothing of them there
        ["writer.tar"] = ["File small.txt 5", "File small2.txt 11", "SymbolicLink link.txt 0 -> small.txt"],
    };

    public static TheoryData<string> Files => [.. Directory.GetFiles(RepositoryRoot.Corpus("tars")).Order(StringComparer.Ordinal).Select(path => Path.GetFileName(path))];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task ReadAll_Corpus_GivesWhatGoGives(string file)
    {
        if (file is "longlink.tar.gz" or "pax.tar")
            return; // They have tests of their own below: the names are too long for a table.
        Assert.True(Expected.TryGetValue(file, out string[]? expected), $"no expectation for {file}");
        if (expected is null)
        {
            OciException error = await Assert.ThrowsAsync<OciException>(() => ReadAsync(file));
            Assert.Contains(error.Kind, new[] { OciErrorKind.InvalidInput, OciErrorKind.Unsupported });
            return;
        }
        Assert.Equal(expected, (await ReadAsync(file)).Select(Describe));
    }

    [Fact]
    public async Task ReadAll_LongLink_GivesGnuLongNames()
    {
        var members = await ReadAsync("longlink.tar.gz");
        Assert.Equal(18, members.Count);
        Assert.Equal(17, members.Count(member => member.Entry.Type == TarEntryType.Directory));
        Assert.Equal(128, members[^1].Name.Length);
        Assert.StartsWith("./asfd/asdf/", members[^1].Name, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAll_Pax_GivesLongNamesAndNanoseconds()
    {
        var members = await ReadAsync("pax.tar");
        string numbers = string.Concat(Enumerable.Range(1, 100).Select(i => $"{i}"));
        Assert.Equal(["a/" + numbers, "a/b"], members.Select(member => member.Name));
        Assert.Equal(numbers, members[1].LinkName);
        Assert.Equal([new TarTime(1350244992, 23960108), new TarTime(1350266320, 910238425)], members.Select(member => member.Entry.ModificationTime));
        Assert.Equal([new TarTime(1350244992, 23960108), new TarTime(1350266320, 910238425)], members.Select(member => member.Entry.AccessTime!.Value));
        Assert.Equal([("shane", "shane", 1000L, 1000L, 0x1b4), ("shane", "shane", 1000L, 1000L, 0x1ff)], members.Select(member =>
            (member.Entry.UserName, member.Entry.GroupName, member.Entry.UserId, member.Entry.GroupId, member.Entry.Mode)));
    }

    [Fact]
    public async Task ReadAll_SparseFormats_AllExpandToOneContent()
    {
        var members = await ReadAsync("sparse-formats.tar");
#pragma warning disable CA5351 // Go's test table holds MD5 sums.
        Assert.Equal(
            ["6f53234398c2449fe67c1812d993012f", "6f53234398c2449fe67c1812d993012f", "6f53234398c2449fe67c1812d993012f", "6f53234398c2449fe67c1812d993012f", "b0061974914468de549a2af8ced10316"],
            members.Select(member => Convert.ToHexStringLower(MD5.HashData(member.Expand()))));
#pragma warning restore CA5351
    }

    [Fact]
    public async Task ReadAll_GnuHeaders_GiveOwnersAndTimes()
    {
        TarEntry entry = (await ReadAsync("gnu.tar"))[0].Entry;
        Assert.Equal((0x1a0, 73025L, 5000L, "dsymonds", "eng", new TarTime(1244428340)), (entry.Mode, entry.UserId, entry.GroupId, entry.UserName, entry.GroupName, entry.ModificationTime));
        Assert.Equal(new TarTime(1441974501), (await ReadAsync("gnu-incremental.tar"))[0].Entry.AccessTime);
    }

    [Fact]
    public async Task ReadAll_PaxHeaderAboveItsLimit_IsRefused()
    {
        string bzip2 = Peers.Require("bzip2");
        using Process process = Process.Start(new ProcessStartInfo(bzip2, ["-dc", RepositoryRoot.Corpus("tars/pax-bad-hdr-large.tar.bz2")]) { RedirectStandardOutput = true })!;
        OciException error = await Assert.ThrowsAsync<OciException>(() => TarReading.ReadAllAsync(process.StandardOutput.BaseStream));
        Assert.Contains("PAX header above the limit", error.Message, StringComparison.Ordinal);
        process.Kill();
        await process.WaitForExitAsync();
    }

    internal static async Task<List<TarReading.Member>> ReadAsync(string file)
    {
        await using Stream tar = await LayerCompression.OpenAsync(File.OpenRead(RepositoryRoot.Corpus("tars/" + file)));
        return await TarReading.ReadAllAsync(tar);
    }

    private static string Describe(TarReading.Member member) =>
        $"{member.Entry.Type} {member.Name} {member.Entry.Size}" + (member.LinkName.Length > 0 ? $" -> {member.LinkName}" : "");
}
