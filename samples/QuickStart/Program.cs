using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OciImages;
using OciImages.Pull;
using OciImages.Transfers;

// Pulls an image into a store of its own, shows what came, and lists the top of its file tree.
//
//   dotnet run --project samples/QuickStart 127.0.0.1:5000/bench/app:latest

if (args is not [var text])
{
    Console.Error.WriteLine("usage: dotnet run --project samples/QuickStart IMAGE     (for example debian:stable-slim, or 127.0.0.1:5000/app)");
    return 2;
}

string root = Directory.CreateTempSubdirectory("oci-quickstart-").FullName;
await using var services = new ServiceCollection()
    .AddOciImages(options => options.Root.Path = Path.Combine(root, "store"))
    .Services
    .BuildServiceProvider();
var images = services.GetRequiredService<ImageService>();

try
{
    var reference = ImageReference.Parse(text);
    Console.WriteLine($"Pulling {reference.WithDefaultTag()} into {root}/store");
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
    Console.WriteLine();

    string tree = Path.Combine(root, "tree");
    await images.UnpackAsync(pulled.ImageId.ToString(), tree);
    Console.WriteLine($"top of the merged tree: {string.Join("  ", Directory.EnumerateFileSystemEntries(tree).Select(Path.GetFileName).Order())}");

    clock.Restart();
    var again = await images.PullAsync(reference);
    Console.WriteLine($"pulled again: {(again.IsUpToDate ? "up to date, nothing was transferred" : "it had changed meanwhile")} ({clock.ElapsedMilliseconds} ms)");
    Console.WriteLine();
    Console.WriteLine("Next: build the command line with `dotnet build -c Release samples/Oci` and try");
    Console.WriteLine($"  samples/Oci/bin/Release/net10.0/oci --root /tmp/images pull {text}");
    return 0;
}
catch (OciException e)
{
    Console.Error.WriteLine($"{e.Kind}: {e.Message}");
    return 1;
}
finally
{
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

/// <summary>Prints each layer's milestones.</summary>
internal sealed class PhasePrinter : IProgress<TransferProgress>
{
    public void Report(TransferProgress value)
    {
        if (value.Phase is TransferPhase.Transferred or TransferPhase.Complete or TransferPhase.AlreadyExists or TransferPhase.Retrying)
            Console.WriteLine($"  {value.Digest.Hex[..12]}  {value.Phase,-13}  {value.Total,12:N0} bytes");
    }
}
