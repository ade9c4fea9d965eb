using System.Text;
using OciImages.Layers.Compression;
using OciImages.Layers.Tests.Compression;
using OciImages.Layers.Tests.TarSplit;
using OciImages.TestSupport;

namespace OciImages.Layers.Tests.Tar;

/// <summary>Damaged tars: whatever comes, the reader and the recorder end, throw nothing but <see cref="OciException"/>, and agree.</summary>
public class TarFuzzTests
{
    // More by hand: OCI_FUZZ_RUNS=1000000.
    private static readonly int Runs = int.Parse(Environment.GetEnvironmentVariable("OCI_FUZZ_RUNS") ?? "1000", null);

    [Fact]
    public async Task ReadAll_MutatedTars_EndOrAreRefusedAndRecorderAgrees()
    {
        int seed = Random.Shared.Next();
        List<byte[]> originals = await CorpusAsync();
        var made = new Random(seed);
        for (int i = 0; i < 10; i++)
            originals.Add(RandomTars.Make(made, 8));
        int accepted = 0;
        for (int run = 0; run < Runs; run++)
        {
            var random = new Random(seed + run);
            byte[] tar = Mutate([.. originals[random.Next(originals.Count)]], random);
            try
            {
                accepted += await CheckAsync(tar, random) ? 1 : 0;
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, run {run}: {e}");
            }
        }
        // Mutations that all were refused at once would test nothing.
        Assert.True(accepted > Runs / 10, $"seed {seed}: {accepted} accepted");
    }

    private static async Task<bool> CheckAsync(byte[] tar, Random random)
    {
        List<TarReading.Member>? members = null;
        string? refusal = null;
        try
        {
            members = await TarReading.ReadAllAsync(new Blobs.DripStream(tar, random), readSize: random.Next(1, 5000));
        }
        catch (OciException e)
        {
            refusal = e.Message;
        }
        byte[] tarSplit;
        try
        {
            tarSplit = TarSplitting.Record(tar, random);
        }
        catch (OciException e)
        {
            Assert.True(refusal == e.Message || e.Message.Contains("duplicates", StringComparison.Ordinal), $"reader: {refusal}; recorder: {e.Message}");
            return false;
        }
        Assert.Null(refusal);
        string[] lines = [.. TarSplitting.Lines(tarSplit).Where(line => line.StartsWith("{\"type\":1", StringComparison.Ordinal))];
        Assert.Equal(members!.Count, lines.Length);
        byte[] rebuilt = await TarSplitting.RebuildAsync(tarSplit, await TarSplitting.FilesAsync(tar));
        Assert.True(tar.AsSpan().SequenceEqual(rebuilt), "rebuilt tar differs");
        return true;
    }

    /// <summary>Changes that reach beyond the checksum: headers that were changed get a right one.</summary>
    private static byte[] Mutate(byte[] tar, Random random)
    {
        for (int change = random.Next(1, 4); change > 0 && tar.Length >= 512; change--)
        {
            int block = random.Next(tar.Length / 512) * 512;
            switch (random.Next(6))
            {
                case 0:
                    tar[random.Next(tar.Length)] = (byte)random.Next(256);
                    break;
                case 1:
                    tar = tar[..random.Next(tar.Length)];
                    break;
                case 2:
                    int other = random.Next(tar.Length / 512) * 512;
                    byte[] copy = tar[block..(block + 512)];
                    tar.AsSpan(other, 512).CopyTo(tar.AsSpan(block));
                    copy.CopyTo(tar.AsSpan(other));
                    break;
                case 3:
                    tar = [.. tar[..block], .. tar[Math.Min(tar.Length, block + 512)..]];
                    break;
                default:
                    Span<byte> header = tar.AsSpan(block, 512);
                    int at = new[] { 0, 100, 108, 124, 125, 135, 136, 156, 157, 257, 345, 386, 482, 483, 495 }[random.Next(15)] + random.Next(4);
                    header[at] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)"0123456789xgLKSD/ \0"[random.Next(19)];
                    header[148..156].Fill((byte)' ');
                    int sum = 0;
                    foreach (byte value in header)
                        sum += value;
                    Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0").CopyTo(header[148..]);
                    break;
            }
        }
        return tar;
    }

    private static async Task<List<byte[]>> CorpusAsync()
    {
        var tars = new List<byte[]>();
        foreach (string path in Directory.GetFiles(RepositoryRoot.Corpus("tars")).Order(StringComparer.Ordinal))
        {
            if (path.EndsWith(".bz2", StringComparison.Ordinal))
                continue;
            await using Stream stream = await LayerCompression.OpenAsync(File.OpenRead(path));
            using var tar = new MemoryStream();
            await stream.CopyToAsync(tar);
            tars.Add(tar.ToArray());
        }
        return tars;
    }
}
