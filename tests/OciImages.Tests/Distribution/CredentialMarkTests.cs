using OciImages.Distribution;
using OciImages.Registry;

namespace OciImages.Tests.Distribution;

public class CredentialMarkTests
{
    private static readonly Digest Blob = Digest.Parse("sha256:8c4453d80adbcc2ac4c09c77b92efd6140992fe92b7d530ea8e2ec60f2c189fe");

    [Theory]
    [InlineData("127.0.0.1:5001/pushx/a", "3be20a14897d299ac1936cfdf936cef21afa57c1ecb558531eafd84bc38fb0fc")]
    [InlineData("127.0.0.1:5001/pushx/b", "960e7b777df7d1f3de027da076c3b3b82292d61d4262703b47f76fc05b05aa77")]
    [InlineData("127.0.0.1:5001/deep", "195878ac50c437aee0788f9682d5278c42cb5150b37a8d32001c8a4b4891977f")]
    public void On_PushOfDockerdWithoutCredentials_IsItsMark(string repository, string expected)
    {
        var name = RepositoryName.Parse(repository);
        var mark = CredentialMark.Of(null);

        Assert.Equal(expected, mark.On(Blob, name));
        Assert.True(mark.IsOn(new BlobSource(Blob, name, expected)));
        Assert.False(mark.IsOn(new BlobSource(Blob, name, "")));
    }

    [Fact]
    public void On_WithCredentials_DependsOnEachOfThem()
    {
        var name = RepositoryName.Parse("registry.example/app");
        RegistryCredential?[] credentials =
        [
            null,
            new() { UserName = "ann", Password = "one" },
            new() { UserName = "ann", Password = "two" },
            new() { UserName = "ann", IdentityToken = "one" },
            new() { RegistryToken = "one" },
        ];

        Assert.Equal(credentials.Length, credentials.Select(credential => CredentialMark.Of(credential).On(Blob, name)).Distinct().Count());
        Assert.Equal(
            CredentialMark.Of(null).On(Blob, name), CredentialMark.Of(new RegistryCredential { UserName = "", Password = "" }).On(Blob, name));
    }

    [Fact]
    public void On_KeyIsTheDigestOfDockersJson()
    {
        var name = RepositoryName.Parse("registry.example/app");
        byte[] key = System.Text.Encoding.ASCII.GetBytes(Digest.Compute("""{"username":"ann","password":"a\u003cb"}"""u8).ToString());
        byte[] expected = System.Security.Cryptography.HMACSHA256.HashData(key, System.Text.Encoding.ASCII.GetBytes($"{Blob}registry.example/app"));

        Assert.Equal(Convert.ToHexStringLower(expected), CredentialMark.Of(new RegistryCredential { UserName = "ann", Password = "a<b" }).On(Blob, name));
    }
}
