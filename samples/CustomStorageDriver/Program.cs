using CustomStorageDriver;
using Microsoft.Extensions.DependencyInjection;
using OciImages.Layers;
using OciImages.Layers.Tar;

// A driver of one's own, chosen by its name: dotnet run [DIRECTORY]
if (!OperatingSystem.IsLinux())
{
    Console.Error.WriteLine("CustomStorageDriver: Linux is needed to try out what layers hold.");
    return 1;
}
string root = args.Length > 0 ? args[0] : Directory.CreateTempSubdirectory("custom-storage-driver-").FullName;

var services = new ServiceCollection();
services
    .AddOciImages(options =>
    {
        options.Root.Path = root;
        options.Root.Driver = "gzip";
    })
    .AddStorageDriver("gzip", context => OperatingSystem.IsLinux() ? new GzipDriver(context.Home) : throw new PlatformNotSupportedException());
await using var provider = services.BuildServiceProvider();
var layers = provider.GetRequiredService<ILayerStore>();

// A layer of one file. A pull would do the same with the layers of an image.
var tar = new MemoryStream();
var writer = new TarWriter(tar);
byte[] content = new byte[1_000_000];
await writer.WriteEntryAsync(new TarEntry { Type = TarEntryType.File, Name = "zeros"u8.ToArray(), Size = content.Length, Mode = 0x1A4 }, new MemoryStream(content));
await writer.CompleteAsync();
tar.Position = 0;

await using var staged = await layers.StageAsync(tar);
await using var layer = await staged.CommitAsync(parent: null);
Console.WriteLine($"{layers.DriverName} has {layer.Layer.ChainId}: {layer.Layer.Size} bytes of files");
Console.WriteLine($"in {new FileInfo(Path.Combine(root, "gzip", layer.Layer.CacheId, "layer.tar.gz")).Length} bytes on disk.");
await using var rebuilt = await layer.OpenTarAsync();
await rebuilt.CopyToAsync(Stream.Null); // verified against the DiffID
Console.WriteLine("Its tar comes back byte for byte.");
return 0;
