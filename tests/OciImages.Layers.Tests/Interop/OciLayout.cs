using System.Globalization;
using System.Security.Cryptography;

namespace OciImages.Layers.Tests.Interop;

/// <summary>Writes an image of given layers as an OCI layout, for other programs to unpack.</summary>
public static class OciLayout
{
    public static void Write(string directory, string tag, params byte[][] layers)
    {
        string blobs = Directory.CreateDirectory(Path.Combine(directory, "blobs", "sha256")).FullName;
        string Add(byte[] blob)
        {
            string hash = Convert.ToHexStringLower(SHA256.HashData(blob));
            File.WriteAllBytes(Path.Combine(blobs, hash), blob);
            return string.Create(CultureInfo.InvariantCulture, $"\"digest\":\"sha256:{hash}\",\"size\":{blob.Length} ");
        }

        string diffIds = string.Join(',', layers.Select(layer => $"\"sha256:{Convert.ToHexStringLower(SHA256.HashData(layer))}\""));
        string config = Add(System.Text.Encoding.UTF8.GetBytes(
            $$"""{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[{{diffIds}}] } }"""));
        string list = string.Join(',', layers.Select(layer => $$"""{"mediaType":"application/vnd.oci.image.layer.v1.tar",{{Add(layer)}} }"""));
        string manifest = Add(System.Text.Encoding.UTF8.GetBytes(
            $$"""{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json",{{config}}},"layers":[{{list}}]}"""));
        File.WriteAllText(Path.Combine(directory, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
        File.WriteAllText(
            Path.Combine(directory, "index.json"),
            $$"""{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json",{{manifest}},"annotations":{"org.opencontainers.image.ref.name":"{{tag}}"} } ] }""");
    }
}
