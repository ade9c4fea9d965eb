using System.Text;
using System.Text.Json;

namespace OciImages.Tests.Corpora;

/// <summary>digest.json: the tables of go-digest; and those of containerd and go-containerregistry about digests.</summary>
public class DigestCorpusTests
{
    private const string Corpus = "digest.json";
    private const string Containerd = "containerd.json";
    private const string Ggcr = "ggcr.json";

    [Theory]
    [CorpusTable(Corpus, "algorithm_test.go", "TestFlagInterface", 3)]
    public void AlgorithmNames(CorpusRow row) => row.Check(() =>
    {
        string[] args = [.. row.Json.GetProperty("Args").EnumerateArray().Select(a => a.GetString()!)];
        string name = args is ["-algorithm", var given] ? given : DigestAlgorithm.Sha256.Name;
        Assert.Equal(row.Has("Expected"), DigestAlgorithm.TryGet(name, out var algorithm));
        Assert.Equal(row["Expected"], algorithm.Name);
    });

    [Theory]
    [CorpusTable(Corpus, "algorithm_test.go", "TestFroms", 3)]
    public async Task Froms(CorpusRow row)
    {
        byte[] bytes = Encoding.ASCII.GetBytes("0123456789");
        foreach (var algorithm in new[] { DigestAlgorithm.Sha256, DigestAlgorithm.Sha512 })
        {
            using var digester = algorithm.CreateDigester();
            digester.Append(bytes);
            var actual = row.Json.TryGetProperty("$ident", out _)
                ? await Digest.ComputeAsync(new MemoryStream(bytes), algorithm)
                : Digest.Compute(bytes, algorithm);
            row.Check(() => Assert.Equal(digester.GetDigest(), actual));
        }
    }

    [Theory]
    [CorpusTable(Corpus, "digest_test.go", "TestParseDigest", 12)]
    public void ParseDigest(CorpusRow row) => row.Check(() =>
    {
        Assert.Equal(!row.Has("Err"), Digest.TryParse(row["Input"], out var digest));
        if (!row.Has("Err"))
            Assert.Equal((row["Algorithm"], row["Encoded"], row["Input"]), (digest.Algorithm.Name, digest.Hex, digest.ToString()));
    });

    [Theory]
    [CorpusTable(Corpus, "verifiers_test.go", "TestVerifierUnsupportedDigest", 4)]
    public void UnsupportedDigests(CorpusRow row) => row.Check(() => Assert.False(Digest.TryParse(row["Digest"], out _)));

    [Theory]
    [CorpusTable(Ggcr, "v1/hash_test.go", "TestGoodHashes", 2)]
    public void GoodHashes(CorpusRow row) => row.Check(() => Assert.Equal(row.Text, Digest.Parse(row.Text).ToString()));

    [Theory]
    [CorpusTable(Ggcr, "v1/hash_test.go", "TestBadHashes", 6)]
    public void BadHashes(CorpusRow row) => row.Check(() => Assert.False(Digest.TryParse(row.Text, out _)));

    [Theory]
    [CorpusTable(Containerd, "content/helpers_test.go", "TestUseDescriptorData", 8)]
    [CorpusTable(Containerd, "content/helpers_test.go", "TestBlobReadSeeker_WithDescriptorData", 5)]
    [CorpusTable(Containerd, "content/helpers_test.go", "TestReadBlob_WithDescriptorData", 5)]
    public void EmbeddedContent(CorpusRow row) => row.Check(() =>
    {
        var json = row.Json.GetProperty("desc");
        if (row.Has("wantErrorIs") || row.Has("wantError"))
        {
            // Such a descriptor does not come into being.
            Assert.False(Digest.TryParse(CorpusRow.String(json, "Digest"), out _));
            return;
        }
        var data = json.GetProperty("Data");
        var content = new Descriptor("a/b", Named(json.GetProperty("Digest")), Size(json.GetProperty("Size")))
        {
            Data = data.ValueKind == JsonValueKind.Null ? null : (ReadOnlyMemory<byte>?)Bytes(data),
        }.GetEmbeddedContent();
        bool used = row.Has("wantUse") ? row.Flag("wantUse") : !row.Flag("wantProviderUsed");
        Assert.Equal(used, content is not null);
        if (used)
            Assert.Equal(Bytes(data), content!.Value.ToArray());
    });

    private static byte[] Bytes(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? Encoding.UTF8.GetBytes(value.GetString()!) : [];

    private static long Size(JsonElement value) => value.ValueKind == JsonValueKind.Number
        ? value.GetInt64()
        : value.GetProperty("args")[0].GetProperty("args")[0].GetString()!.Length; // int64(len("…"))

    private static Digest Named(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
            return Digest.Parse(value.GetString()!);
        if (value.TryGetProperty("$call", out _))
            return Digest.Compute(Bytes(value.GetProperty("args")[0])); // digest.FromBytes
        return Digest.Compute("hello"u8, value.GetProperty("$ident").GetString() == "helloSHA512" ? DigestAlgorithm.Sha512 : DigestAlgorithm.Sha256);
    }
}
