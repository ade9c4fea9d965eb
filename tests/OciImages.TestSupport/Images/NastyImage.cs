using OciImages.TestSupport.Processes;

namespace OciImages.TestSupport.Images;

/// <summary>
/// A small image with everything that goes wrong in unpacking: owners, setuid, sticky, capabilities, binary attributes, devices, hard links,
/// long and odd names, nanoseconds, holes, whiteouts, opaque directories, files that become directories. Needs root and GNU tar.
/// </summary>
public static class NastyImage
{
    private const string Base = """
        mkdir -p etc usr/bin usr/share/doc/old tmp var/log dev home/user opt/opaque/sub opt/becomes-file data
        echo root:x:0:0:root:/root:/bin/sh > etc/passwd
        echo issue > etc/issue.net; echo motd > etc/motd; chmod 600 etc/motd
        cp /bin/true usr/bin/true; cp /bin/true usr/bin/suid; chmod 4755 usr/bin/suid; cp /bin/true usr/bin/ping; setcap cap_net_raw+ep usr/bin/ping
        chmod 1777 tmp; chmod 2750 var/log; chown 12345:54321 home/user; chown 4000000000:4000000001 data
        echo a > usr/share/doc/old/a; echo b > usr/share/doc/b
        echo below > opt/opaque/below; echo below > opt/opaque/sub/below; echo inside > opt/becomes-file/inside; echo file > opt/becomes-dir
        mknod dev/null c 1 3; mknod dev/loop9 b 7 9; mkfifo dev/pipe; chmod 666 dev/null
        echo linked > data/link-1; ln data/link-1 data/link-2; ln data/link-1 etc/link-3
        ln -s ../etc/passwd data/relative; ln -s /etc/passwd data/absolute; ln -s nowhere data/dangling; ln -s loop data/loop
        setfattr -n user.binary -v 0x00ff0a3d80 data/link-1; setfattr -n user.text -v hello data
        truncate -s 8M data/sparse; printf end | dd of=data/sparse bs=1 seek=5000000 conv=notrunc status=none
        printf x > "$(printf 'data/l\xe4tin')"; printf x > 'data/back\slash'; printf x > $'data/new\nline'
        long=data/$(printf 'd%.0s' {1..120}); mkdir -p $long/$(printf 'e%.0s' {1..120}); echo long > $long/$(printf 'e%.0s' {1..120})/$(printf 'f%.0s' {1..200})
        touch -h -d '2001-02-03 04:05:06.123456789' data/relative; touch -d '2010-01-01 00:00:00.5' etc/passwd
        find . -newermt '2020-01-01' -not -type l -exec touch -h -d '2023-11-14 22:13:20.987654321' {} +
        """;

    private const string Edits = """
        mkdir -p etc usr/share/doc/old opt/opaque opt/becomes-dir data usr/bin
        : > etc/.wh.issue.net; : > usr/share/doc/.wh.old; : > opt/opaque/.wh..wh..opq; : > data/.wh.link-2
        rm -rf usr/share/doc/old
        echo above > opt/opaque/above; echo now-a-file > opt/becomes-file; echo now-in > opt/becomes-dir/in
        echo changed > etc/motd; chmod 644 etc/motd; chown 1:2 etc/motd; chmod 700 data
        for i in $(seq 50); do echo $i > data/many-$i; done; ln data/many-1 data/many-link
        find . -not -type l -exec touch -h -d '2024-05-06 07:08:09.000000001' {} +
        """;

    private const string Last = """
        mkdir -p app usr/share/doc/old; echo again > usr/share/doc/old/again; echo 1 > app/1; : > app/empty
        find . -exec touch -h -d '2025-01-01 00:00:00' {} +
        """;

    /// <summary>Adds the image to a layout.</summary>
    public static async Task<Descriptor> AddToAsync(OciLayoutBuilder layout, string name)
    {
        var layers = new List<TestLayer>();
        foreach (var (script, format) in new[] { (Base, "pax"), (Edits, "gnu"), (Last, "pax") })
            layers.Add(layout.AddGzipLayer(await TarAsync(script, format)));
        return layout.AddImage(name, layers);
    }

    private static async Task<byte[]> TarAsync(string script, string format)
    {
        using var directory = new TempDirectory();
        string tree = directory["tree"];
        Directory.CreateDirectory(tree);
        File.SetUnixFileMode(tree, (UnixFileMode)0b111_101_101);
        await Command.BashAsync(tree, script);
        // GNU format has no attributes and whole seconds only: both are there on purpose.
        string attributes = format == "pax" ? "--xattrs --xattrs-include=* --sparse" : "";
        await Command.BashAsync(tree, $"tar --create --file ../layer.tar --format={format} --sort=name --numeric-owner {attributes} .");
        return await File.ReadAllBytesAsync(directory["layer.tar"]);
    }
}
