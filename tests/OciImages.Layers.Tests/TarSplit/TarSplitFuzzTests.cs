using OciImages.Layers.TarSplit;
using OciImages.Layers.Tests.Tar;

namespace OciImages.Layers.Tests.TarSplit;

public class TarSplitFuzzTests
{
    [Fact]
    public async Task OpenTar_MutatedRecords_AreRebuiltOrRefused()
    {
        int seed = Random.Shared.Next();
        byte[] tar = RandomTars.Make(new Random(seed), 10);
        string[] lines = TarSplitting.Lines(TarSplitting.Record(tar));
        var files = await TarSplitting.FilesAsync(tar);
        for (int run = 0; run < 100; run++)
        {
            var random = new Random(seed + run);
            string[] mutated = [.. lines];
            ref string line = ref mutated[random.Next(mutated.Length)];
            int at = random.Next(line.Length);
            line = string.Concat(line[..at], "\"\\{}[]:,0-9e\n\0é2"[random.Next(16)].ToString(), line[(at + random.Next(2))..]);
            try
            {
                await using Stream stream = TarSplitReader.OpenTar(new MemoryStream(TarSplitting.Compress(mutated)), (name, _) =>
                    new(new MemoryStream(files.GetValueOrDefault(System.Text.Encoding.Latin1.GetString(name.Span), []))));
                await stream.CopyToAsync(Stream.Null);
            }
            catch (OciException e)
            {
                Assert.True(e.Kind == OciErrorKind.Corrupt, $"seed {seed}, run {run}: {e}");
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, run {run}: {e}");
            }
        }
    }
}
