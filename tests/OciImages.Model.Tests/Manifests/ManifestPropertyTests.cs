using System.Text;
using CsCheck;
using OciImages.Configs;
using OciImages.Manifests;
using OciImages.TestSupport;
using OciImages.Tests.Corpora;

namespace OciImages.Tests.Manifests;

/// <summary>Valid documents, damaged at random. On failure the exception names the seed, which CsCheck_Seed repeats.</summary>
public class ManifestPropertyTests
{
    private static readonly string[] Fragments =
    [
        "null", "{}", "[]", "-1", "1e999", "\"\"", "\"\\ud800\"", "{\"a\":1,\"a\":2}", "\"Layers\":", "\"manifests\":[],", "\"schemaVersion\":1,", ",", ":",
        "\"", "\\u0000", "\uFEFF", "[[[[[[[[[[", "sha512:", "9223372036854775808", "true", "\"layers\":null,", "\"platform\":", "\"rootfs\":{\"type\":\"layers\"},",
    ];

    private static readonly byte[][] Manifests = [.. Documents("TestManifest", "manifest"), .. Documents("TestImageIndex", "imageIndex")];

    private static readonly byte[][] ImageConfigs = [.. Documents("TestConfig", "config"), .. Documents("TestBackwardsCompatibilityConfig", "config")];

    [Fact]
    public void ManifestParse_DamagedDocument_ThrowsOnlyOciException() =>
        Gen.Select(Gen.OneOf(MediaTypes.OciManifest, MediaTypes.OciIndex, MediaTypes.DockerManifest, "", "x"), Damaged(Manifests)).Sample(
            (mediaType, bytes) => Survives(() => Manifest.Parse(new ManifestContent(mediaType, bytes))), iter: 10_000);

    [Fact]
    public void ConfigParse_DamagedDocument_ThrowsOnlyOciException() =>
        Damaged(ImageConfigs).Sample(bytes => Survives(() => ImageConfig.Parse(bytes)), iter: 10_000);

    private static Gen<byte[]> Damaged(byte[][] documents)
    {
        var damage = Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[0, 40], Gen.OneOf(
            Gen.Const(Array.Empty<byte>()), Gen.Byte.Array[1, 3], Gen.Int[0, Fragments.Length - 1].Select(i => Encoding.UTF8.GetBytes(Fragments[i]))));
        return Gen.Select(Gen.Int[0, documents.Length - 1], damage.Array[1, 3]).Select((document, places) =>
        {
            byte[] bytes = documents[document];
            foreach (var (at, remove, insert) in places)
            {
                int start = at % (bytes.Length + 1);
                bytes = [.. bytes[..start], .. insert, .. bytes[Math.Min(bytes.Length, start + remove)..]];
            }
            return bytes;
        });
    }

    private static void Survives(Action parse)
    {
        try
        {
            parse();
        }
        catch (OciException e)
        {
            Assert.True(e.Kind is OciErrorKind.InvalidInput or OciErrorKind.Unsupported);
            Assert.True(e.Message.Length < 600, e.Message);
        }
    }

    private static IEnumerable<byte[]> Documents(string func, string field) => CorpusFile.Load("imagespec.json").Tables
        .Where(t => t.Func == func && t.Copy == 1)
        .SelectMany(t => t.Rows)
        .Select(row => Encoding.UTF8.GetBytes(CorpusRow.String(row, field)));
}
