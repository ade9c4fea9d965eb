using OciImages.Layers.Internal.Linux;
using OciImages.TestSupport;

namespace OciImages.Layers.Tests.Diff;

/// <summary>An overlay mount of its own, as a container has one.</summary>
internal sealed class TestOverlay : IDisposable
{
    public TestOverlay(TempDirectory directory, string moreOptions = "")
    {
        foreach (string name in new[] { Lower = directory["lower"], Upper = directory["upper"], directory["work"], Merged = directory["merged"] })
            Directory.CreateDirectory(name);
        byte[] options = CString.From($"lowerdir={Lower},upperdir={Upper},workdir={directory["work"]}{moreOptions}");
        Assert.Equal(0, Libc.Mount("overlay\0"u8, CString.From(Merged), "overlay\0"u8, 0, options));
    }

    public string Lower { get; }

    public string Upper { get; }

    public string Merged { get; }

    public void Dispose() => Libc.Unmount(CString.From(Merged), 2);
}
