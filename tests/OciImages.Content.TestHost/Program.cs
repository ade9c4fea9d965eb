// The other process of the tests: opens an ingest of a store, writes, and then does what it is told, one word a line.
//   OciImages.Content.TestHost ROOT INGEST-ID BYTES
// or, until it is killed, whatever its seed says:
//   OciImages.Content.TestHost ROOT --hammer SEED
// The first prints "open OFFSET" when the bytes are written, then obeys: "commit" prints "committed DIGEST", "storage KIND PATH" or
// "failed KIND"; "lease ID [process]" prints "leased"; the end of its input ends it.
using OciImages;
using OciImages.Content;
using OciImages.Content.Local;

if (args[1] == "--hammer")
{
    await new Hammer(args[0], int.Parse(args[2])).RunAsync();
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
