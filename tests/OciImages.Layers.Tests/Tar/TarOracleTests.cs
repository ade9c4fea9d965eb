using System.Diagnostics;
using System.Globalization;
using System.Text;
using OciImages.Layers.Tar;
using OciImages.TestSupport;

namespace OciImages.Layers.Tests.Tar;

/// <summary>The reader against readers and writers that others wrote: GNU tar and the BCL.</summary>
public class TarOracleTests
{
    public static TheoryData<string> GnuTarFormats =>
    [
        "--format=gnu", "--format=oldgnu", "--format=pax", "--format=ustar", "--format=v7",
        "--format=gnu --sparse", "--format=pax --sparse --sparse-version=0.0", "--format=pax --sparse --sparse-version=0.1", "--format=pax --sparse --sparse-version=1.0",
        "--format=gnu --blocking-factor=1", "--format=pax --pax-option=delete=atime,delete=ctime",
    ];

    [Theory]
    [MemberData(nameof(GnuTarFormats))]
    public async Task ReadAll_TarOfGnuTar_IsWhatGnuTarLists(string options)
    {
        Peers.Require("tar");
        using var directory = new TempDirectory();
        bool longNames = !options.Contains("v7", StringComparison.Ordinal);
        MakeTree(directory["tree"], longNames);
        await RunAsync("tar", [.. options.Split(' '), "--sort=name", "--mtime=@1600000000", "-cf", directory["t.tar"], "-C", directory["tree"], "."]);
        string listing = await RunAsync("tar", ["-tvf", directory["t.tar"], "--numeric-owner", "--full-time", "--utc", "--quoting-style=literal"]);

        await using FileStream tar = File.OpenRead(directory["t.tar"]);
        var members = await TarReading.ReadAllAsync(tar);
        Assert.Equal(listing.TrimEnd('\n').Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))), members.Select(Describe));
        Assert.Equal(options.Contains("sparse", StringComparison.Ordinal), members.Exists(member => member.Entry.SparseMap is not null));
        foreach (var member in members.Where(member => member.Entry.Type == TarEntryType.File))
            Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(directory["tree"], Encoding.UTF8.GetString(member.Entry.Name.Span))), member.Expand());
    }

    [Theory]
    [InlineData(System.Formats.Tar.TarEntryFormat.V7)]
    [InlineData(System.Formats.Tar.TarEntryFormat.Ustar)]
    [InlineData(System.Formats.Tar.TarEntryFormat.Pax)]
    [InlineData(System.Formats.Tar.TarEntryFormat.Gnu)]
    public async Task ReadAll_TarOfTheBcl_IsWhatTheBclReads(System.Formats.Tar.TarEntryFormat format)
    {
        using var directory = new TempDirectory();
        MakeTree(directory["tree"], longNames: format is System.Formats.Tar.TarEntryFormat.Pax or System.Formats.Tar.TarEntryFormat.Gnu);
        using var tar = new MemoryStream();
        await using (var writer = new System.Formats.Tar.TarWriter(tar, format, leaveOpen: true))
        {
            foreach (string path in Directory.GetFileSystemEntries(directory["tree"], "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
                await writer.WriteEntryAsync(path, Path.GetRelativePath(directory["tree"], path));
        }
        var expected = new List<(string, string, long, int, int, int, string)>();
        tar.Position = 0;
        await using (var reader = new System.Formats.Tar.TarReader(tar, leaveOpen: true))
        {
            while (await reader.GetNextEntryAsync() is { } entry)
                expected.Add((entry.Name, entry.LinkName, entry.ModificationTime.ToUnixTimeSeconds(), (int)entry.Mode, entry.Uid, entry.Gid, await ContentAsync(entry.DataStream)));
        }
        tar.Position = 0;
        var actual = (await TarReading.ReadAllAsync(tar)).Select(member =>
            (Encoding.UTF8.GetString(member.Entry.Name.Span), Encoding.UTF8.GetString(member.Entry.LinkName.Span), member.Entry.ModificationTime.Seconds,
                member.Entry.Mode, (int)member.Entry.UserId, (int)member.Entry.GroupId, Convert.ToHexString(member.Content)));
        Assert.NotEmpty(expected);
        Assert.Equal(expected, actual);
    }

    private static async Task<string> ContentAsync(Stream? stream)
    {
        using var content = new MemoryStream();
        if (stream is not null)
            await stream.CopyToAsync(content);
        return Convert.ToHexString(content.ToArray());
    }

    private static void MakeTree(string root, bool longNames)
    {
        Directory.CreateDirectory(Path.Combine(root, "dir/sub"));
        File.WriteAllText(Path.Combine(root, "dir/file"), "hello");
        File.WriteAllText(Path.Combine(root, "empty"), "");
        File.WriteAllBytes(Path.Combine(root, "large"), [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7 % 251))]);
        File.WriteAllText(Path.Combine(root, "ünï"), "utf-8");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Path.Combine(root, "empty"), UnixFileMode.UserRead | UnixFileMode.SetUser | UnixFileMode.OtherExecute);
        File.CreateSymbolicLink(Path.Combine(root, "dir/link"), "../target that is not there");
        using (FileStream sparse = File.Create(Path.Combine(root, "sparse")))
        {
            // More runs than a GNU header holds, and a hole at the end.
            for (int i = 0; i < 40; i++)
            {
                sparse.Position = 4096 + i * 65536L;
                sparse.Write(Encoding.ASCII.GetBytes($"run {i}"));
            }
            sparse.SetLength(5_000_000);
        }
        if (!longNames)
            return;
        // ustar can split this one into prefix and name.
        string deep = Path.Combine(root, new string('p', 80), new string('q', 60));
        Directory.CreateDirectory(deep);
        File.WriteAllText(Path.Combine(deep, new string('f', 90)), "deep");
    }

    private static string Describe(TarReading.Member member)
    {
        TarEntry entry = member.Entry;
        string type = entry.Type switch
        {
            TarEntryType.Directory => "d",
            TarEntryType.SymbolicLink => "l",
            TarEntryType.HardLink => "h",
            _ => "-",
        };
        string time = DateTimeOffset.FromUnixTimeSeconds(entry.ModificationTime.Seconds).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        string link = entry.LinkName.IsEmpty ? "" : " -> " + Encoding.UTF8.GetString(entry.LinkName.Span);
        return $"{type}{Permissions(entry.Mode)} {entry.UserId}/{entry.GroupId} {entry.Size} {time} {Encoding.UTF8.GetString(entry.Name.Span)}{link}";
    }

    private static string Permissions(int mode)
    {
        char[] text = [.. Enumerable.Range(0, 9).Select(i => (mode & 256 >> i) != 0 ? "rwx"[i % 3] : '-')];
        if ((mode & 0x800) != 0)
            text[2] = text[2] == 'x' ? 's' : 'S';
        return new string(text);
    }

    private static async Task<string> RunAsync(string program, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
