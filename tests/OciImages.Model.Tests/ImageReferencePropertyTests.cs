using CsCheck;

namespace OciImages.Tests;

/// <summary>Random texts; on failure the exception names the seed, which the environment variable CsCheck_Seed repeats.</summary>
public class ImageReferencePropertyTests
{
    private static readonly Gen<string> Component =
        Gen.Select(Gen.Char["abz09"].Array[1, 6], Gen.OneOf(".", "_", "__", "-", "---"), Gen.Char["abz09"].Array[1, 6])
            .Select((a, separator, b) => new string(a) + separator + new string(b));

    private static readonly Gen<string> Domain = Gen.OneOf(
        "", "docker.io/", "index.docker.io/", "localhost/", "127.0.0.1:5000/", "[2001:db8::1]:5000/", "GHCR.io/", "Upper/", "a-b.example:1/");

    private static readonly Gen<string> Valid =
        Gen.Select(Domain, Component.Array[1, 4], Gen.OneOf("", ":latest", ":1.0-A_b"), Gen.Bool, Gen.Byte.Array[0, 8])
            .Select((domain, path, tag, digested, bytes) =>
                domain + string.Join('/', path) + tag + (digested ? $"@{Digest.Compute(bytes)}" : ""));

    // Characters that the grammar gives a meaning, mixed into valid texts.
    private static readonly Gen<string> Mutated =
        Gen.Select(Valid, Gen.Int[0, 200], Gen.OneOf(Gen.Char["/:@.-_[]%A \0é"], Gen.Char)).Select((text, at, c) =>
            text.Insert(at % (text.Length + 1), c.ToString()));

    [Fact]
    public void Parse_Print_RoundTrips() => Valid.Sample(text =>
    {
        var reference = ImageReference.Parse(text);
        Assert.Equal(reference, ImageReference.Parse(reference.ToString()));
        Assert.Equal(reference, ImageReference.Parse(reference.ToFamiliarString()));
        Assert.Equal(reference.Repository, new RepositoryName(reference.Repository.Domain, reference.Repository.Path));
        Assert.Equal(reference.GetHashCode(), ImageReference.Parse(reference.ToString()).GetHashCode());
        Assert.True(ReferencePattern.Parse(reference.ToFamiliarString().Replace("[", "\\[", StringComparison.Ordinal)).IsMatch(reference));
    }, iter: 2000);

    [Fact]
    public void Parse_AnyText_ThrowsOnlyOciException() => Gen.OneOf(Mutated, Gen.String).Sample(text =>
    {
        bool valid = ImageReference.TryParse(text, out var reference);
        if (valid)
        {
            Assert.Equal(reference, ImageReference.Parse(reference!.ToString()));
            return;
        }
        Assert.Equal(OciErrorKind.InvalidInput, Assert.Throws<OciException>(() => ImageReference.Parse(text)).Kind);
    }, iter: 5000);

    [Fact]
    public void Pattern_AnyText_ThrowsOnlyOciException() =>
        Gen.Select(Gen.OneOf(Gen.Char["*?[]^-\\/ab:"].Array[0, 12].Select(c => new string(c)), Gen.String), Valid).Sample((pattern, text) =>
        {
            try
            {
                _ = ReferencePattern.Parse(pattern).IsMatch(ImageReference.Parse(text));
            }
            catch (OciException e)
            {
                Assert.Equal(OciErrorKind.InvalidInput, e.Kind);
            }
        }, iter: 5000);
}
