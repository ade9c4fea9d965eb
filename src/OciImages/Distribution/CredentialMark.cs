using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OciImages.Registry;

namespace OciImages.Distribution;

/// <summary>
/// Docker's mark of the credentials that a blob was pushed with. It tells, without holding a secret, that a later push has the same ones: these can
/// surely mount the blob from where it is.
/// </summary>
/// <threadsafety>Immutable.</threadsafety>
internal sealed class CredentialMark
{
    private readonly byte[] _key;

    private CredentialMark(byte[] key) => _key = key;

    /// <summary>Makes the mark of credentials; null for those of a push without any.</summary>
    public static CredentialMark Of(RegistryCredential? credential)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, new JsonWriterOptions { Encoder = GoJsonEncoder.Instance }))
        {
            // The members of moby's authConfigKeyInput in its order; clients have moved "auth" into the first two.
            writer.WriteStartObject();
            Write(writer, "username", credential?.UserName);
            Write(writer, "password", credential?.Password);
            Write(writer, "identitytoken", credential?.IdentityToken);
            Write(writer, "registrytoken", credential?.RegistryToken);
            writer.WriteEndObject();
        }
        return new CredentialMark(Encoding.ASCII.GetBytes(Digest.Compute(json.WrittenSpan).ToString()));
    }

    /// <summary>The mark on a blob in a repository: 64 hexadecimal characters.</summary>
    public string On(Digest blob, RepositoryName repository) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{blob}{repository}")));

    /// <summary>Whether a source was pushed with the same credentials.</summary>
    public bool IsOn(BlobSource source) => source.Hmac == On(source.Digest, source.Repository);

    private static void Write(Utf8JsonWriter writer, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            writer.WriteString(name, value);
    }
}
