namespace OciImages.Tests;

public class DigesterTests
{
    [Fact]
    public void GetDigest_InTheMiddle_DoesNotDisturb()
    {
        foreach (var algorithm in new[] { DigestAlgorithm.Sha256, DigestAlgorithm.Sha512 })
        {
            using var digester = algorithm.CreateDigester();
            Assert.Equal(Digest.Compute([], algorithm), digester.GetDigest());
            digester.Append("ab"u8);
            Assert.Equal(Digest.Compute("ab"u8, algorithm), digester.GetDigest());
            digester.Append([]);
            digester.Append("c"u8);
            Assert.Equal(Digest.Compute("abc"u8, algorithm), digester.GetDigest());
            Assert.Equal((3L, algorithm), (digester.Length, digester.Algorithm));
        }
    }

    [Fact]
    public void CreateDigester_DefaultAlgorithm_Throws() =>
        Assert.Throws<InvalidOperationException>(() => default(DigestAlgorithm).CreateDigester());
}
