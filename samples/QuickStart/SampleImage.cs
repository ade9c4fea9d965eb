using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using OciImages;
using OciImages.Manifests;
using OciImages.Registry;

namespace QuickStart;

/// <summary>A small real image of three layers, made and pushed with the registry client alone.</summary>
internal static class SampleImage
{
    private static readonly (string Name, string Content)[][] Layers =
    [
        [("etc/os-release", "NAME=QuickStart\n"), ("bin/hello", "#!/bin/sh\necho hello\n")],
        [("usr/share/doc/readme.txt", string.Concat(Enumerable.Repeat("A layer with a little more in it.\n", 2000)))],
        [("app/config.json", "{}\n"), ("etc/.wh.os-release", "")],
    ];

    public static async Task PushAsync(IRepository repository, string tag)
    {
        var blobs = new List<Descriptor>();
        var diffIds = new List<Digest>();
        foreach (var files in Layers)
        {
            byte[] tar = CreateTar(files);
            byte[] blob = Compress(tar);
            diffIds.Add(Digest.Compute(tar));
            blobs.Add(await PushAsync(repository, MediaTypes.OciLayerGzip, blob));
        }
        string json = $$$"""
            {"architecture":"{{{Platform.Current.Architecture}}}","os":"{{{Platform.Current.Os}}}","config":{"Cmd":["/bin/hello"]},
            "rootfs":{"type":"layers","diff_ids":[{{{string.Join(',', diffIds.Select(diffId => $"\"{diffId}\""))}}}]}}
            """;
        var config = await PushAsync(repository, MediaTypes.OciConfig, Encoding.UTF8.GetBytes(json));
        await repository.Manifests.PutAsync(tag, ImageManifest.Create(config, blobs).Content);
    }

    private static async Task<Descriptor> PushAsync(IRepository repository, string mediaType, byte[] content)
    {
        var descriptor = new Descriptor(mediaType, Digest.Compute(content), content.Length);
        await repository.Blobs.PushAsync(descriptor, _ => new ValueTask<Stream>(new MemoryStream(content)));
        Console.WriteLine($"  {descriptor.Digest.Hex[..12]}  pushed         {descriptor.Size,12:N0} bytes  {mediaType}");
        return descriptor;
    }

    private static byte[] CreateTar((string Name, string Content)[] files)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
                {
                    DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)),
                    ModificationTime = DateTimeOffset.UnixEpoch,
                    Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
                });
            }
        }
        return tar.ToArray();
    }

    private static byte[] Compress(byte[] tar)
    {
        using var blob = new MemoryStream();
        using (var gzip = new GZipStream(blob, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(tar);
        return blob.ToArray();
    }
}
