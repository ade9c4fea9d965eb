using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OciImages;
using OciImages.Pull;
using OciImages.Push;
using OciImages.Registry;
using QuickStart;

// Without an argument: starts a registry in this process, pushes a small image, pulls it into a fresh store, shows what came, and
// pushes it again to show that nothing is sent twice. Needs no network and no root.
// With an argument: pulls that image from the real world instead.
//
//   dotnet run --project samples/QuickStart
//   dotnet run --project samples/QuickStart debian:stable-slim

if (args.Length > 1)
{
    Console.Error.WriteLine("usage: dotnet run --project samples/QuickStart [IMAGE]");
    return 2;
}

string root = Directory.CreateTempSubdirectory("oci-quickstart-").FullName;
await using var services = new ServiceCollection()
    .AddOciImages(options => options.Root.Path = Path.Combine(root, "store"))
    .Services
    .BuildServiceProvider();
var images = services.GetRequiredService<ImageService>();

EmbeddedRegistry? registry = null;
try
{
    ImageReference reference;
    if (args is [var text])
    {
        reference = ImageReference.Parse(text).WithDefaultTag();
    }
    else
    {
        registry = await EmbeddedRegistry.StartAsync(Path.Combine(root, "registry"));
        reference = ImageReference.Parse($"{registry.Authority}/hello:v1");
        Console.WriteLine($"A registry runs in this process at {registry.Authority}. Pushing a small image to it:");
        await SampleImage.PushAsync(services.GetRequiredService<IRegistryClient>().GetRepository(reference.Repository), reference.Tag!);
        Console.WriteLine();
    }

    Console.WriteLine($"Pulling {reference} into {root}/store");
    var clock = Stopwatch.StartNew();
    var pulled = await images.PullAsync(reference, new PullOptions { Progress = new PhasePrinter() });
    Console.WriteLine($"Pulled in {clock.Elapsed.TotalSeconds:0.0} s; every digest was verified on the way.");
    Console.WriteLine();

    var details = await images.InspectAsync(pulled.ImageId.ToString());
    Console.WriteLine($"image ID   {details.Image.Id}");
    Console.WriteLine($"manifest   {pulled.Digest}");
    Console.WriteLine($"platform   {details.Image.Config.Platform}");
    Console.WriteLine($"size       {details.Size:N0} bytes in {details.Layers.Count} layers, kept by the driver {details.DriverName}");
    foreach (var layer in details.Layers)
        Console.WriteLine($"  chain {layer.ChainId.Value.Hex[..12]}  diff {layer.DiffId.Value.Hex[..12]}  {layer.Size,15:N0} bytes");

    string tree = Path.Combine(root, "tree");
    await images.UnpackAsync(pulled.ImageId.ToString(), tree);
    Console.WriteLine($"top of the merged tree: {string.Join("  ", Directory.EnumerateFileSystemEntries(tree).Select(Path.GetFileName).Order())}");
    Console.WriteLine();

    clock.Restart();
    var again = await images.PullAsync(reference);
    Console.WriteLine($"Pulled again: {(again.IsUpToDate ? "up to date, nothing was transferred" : "it had changed meanwhile")} ({clock.ElapsedMilliseconds} ms)");
    if (registry is not null)
    {
        var pushed = await images.PushAsync(reference, new PushOptions { Progress = new PhasePrinter() });
        Console.WriteLine($"Pushed again: {pushed.Layers.Count(layer => layer.Outcome == BlobPushOutcome.Uploaded)} of {pushed.Layers.Count} layers were sent; the digest is still {pushed.Manifest.Digest}");
    }
    Console.WriteLine();
    Console.WriteLine("Next: build the command line with `dotnet build -c Release samples/Oci` and try");
    Console.WriteLine($"  samples/Oci/bin/Release/net10.0/oci --root /tmp/images pull {(args.Length == 1 ? args[0] : "debian:stable-slim")}");
    return 0;
}
catch (OciException e)
{
    Console.Error.WriteLine($"{e.Kind}: {e.Message}");
    return 1;
}
finally
{
    if (registry is not null)
        await registry.DisposeAsync();
    try
    {
        Directory.Delete(root, recursive: true);
    }
    catch (IOException)
    {
        // Images may hold names that are not UTF-8, which .NET cannot delete.
        Console.Error.WriteLine($"left behind: {root}");
    }
}
