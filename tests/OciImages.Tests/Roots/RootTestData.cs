using System.Text;

namespace OciImages.Tests.Roots;

internal static class RootTestData
{
    internal static byte[] Config(string text) => Encoding.UTF8.GetBytes(
        $$$"""{"architecture":"amd64","os":"linux","config":{"Labels":{"text":"{{{text}}}"}},"rootfs":{"type":"layers","diff_ids":[]}}""");

    internal static Descriptor Descriptor(string text) => new(MediaTypes.OciManifest, Digest.Compute(Encoding.UTF8.GetBytes(text)), 10);
}
