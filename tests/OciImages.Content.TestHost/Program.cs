// The other process of the tests: opens an ingest of a store, writes, and then does what it is told, one word a line.
//   OciImages.Content.TestHost ROOT INGEST-ID BYTES
// or, until it is killed or has done so many steps, whatever its seed says, with content or with the records of images:
//   OciImages.Content.TestHost ROOT --hammer SEED [STEPS]
//   OciImages.Content.TestHost ROOT --records SEED [STEPS]
// or one change of a record for each line of its input, "put", "tag", "origin", "label", "lease" or "index"; it prints "ready", then "did WORD":
//   OciImages.Content.TestHost ROOT --one
// or reads what it may not, see Probe; or holds the lock of a file, having printed "held", until its input ends:
//   OciImages.Content.TestHost DIRECTORY --probe
//   OciImages.Content.TestHost FILE --hold
// The first prints "open OFFSET" when the bytes are written, then obeys: "commit" prints "committed DIGEST", "storage KIND PATH" or
// "failed KIND"; "lease ID [process]" prints "leased"; the end of its input ends it.
using OciImages;
using OciImages.Content;
using OciImages.Content.Local;
using OciImages.IO;
using OciImages.Roots;

int steps = args.Length > 3 ? int.Parse(args[3]) : int.MaxValue;
switch (args[1])
{
    case "--hammer":
        await new Hammer(args[0], int.Parse(args[2])).RunAsync(steps);
        return;
    case "--records":
        await using (var root = Open(args[0]))
            await new RecordHammer(root, int.Parse(args[2])).RunAsync(steps);
        return;
    case "--one":
        await using (var root = Open(args[0]))
            await OneAsync(root);
        return;
    case "--probe":
        await Probe.RunAsync(args[0]);
        return;
    case "--hold":
        using (FileLock.TryAcquire(args[0]))
        {
            Console.WriteLine("held");
            Console.ReadLine();
        }
        return;
}
var store = new LocalContentStore(args[0]);
await using var writer = await store.OpenWriterAsync(args[1]);
byte[] block = new byte[64 << 10];
for (long left = long.Parse(args[2]); left > 0;)
{
    int count = (int)Math.Min(left, block.Length);
    for (int i = 0; i < count; i++)
        block[i] = (byte)((writer.Offset + i) % 251);
    await writer.Output.WriteAsync(block.AsMemory(0, count));
    left -= count;
}
Console.WriteLine($"open {writer.Offset}");
while (Console.ReadLine() is { } line)
{
    try
    {
        string[] words = line.Split(' ');
        if (words[0] == "lease")
        {
            await store.CreateLeaseAsync(new ContentLeaseOptions { Id = words[1], EndsWithProcess = words is [_, _, "process"] });
            Console.WriteLine("leased");
            continue;
        }
        Console.WriteLine($"committed {(await writer.CommitAsync()).Digest}");
    }
    catch (StorageException e)
    {
        Console.WriteLine($"storage {e.Kind} {e.Path}");
    }
    catch (OciException e)
    {
        Console.WriteLine($"failed {e.Kind}");
    }
}

static ImageRoot Open(string path) => ImageRoot.Open(new ImageRootOptions { Path = path, Driver = "vfs" });

static async Task OneAsync(ImageRoot root)
{
    var records = new RecordHammer(root, 1);
    var image = await records.PutAsync("first");
    var content = (LocalContentStore)root.Content;
    var digest = Digest.Compute("content"u8);
    await using (var writer = await content.OpenWriterAsync("a"))
    {
        await writer.Output.WriteAsync("content"u8.ToArray());
        await writer.CommitAsync();
    }
    Console.WriteLine("ready");
    while (Console.ReadLine() is { } line)
    {
        switch (line)
        {
            case "put":
                await records.PutAsync("second");
                break;
            case "tag":
                await root.References.SetAsync(ImageReference.Parse("a:1"), image);
                break;
            case "origin":
                await records.AddOriginAsync(image);
                break;
            case "label":
                await content.UpdateLabelsAsync(digest, new Dictionary<string, string?> { ["k"] = "v" });
                break;
            case "lease":
                await content.CreateLeaseAsync(new ContentLeaseOptions { Id = "a" });
                break;
            default:
                await content.UpdateIndexAsync((entries, _) => ValueTask.FromResult<IReadOnlyList<Descriptor>>(
                    [.. entries, new Descriptor(MediaTypes.OciLayer, digest, 7)]));
                break;
        }
        Console.WriteLine($"did {line}");
    }
}
