using OciImages.Layers.Internal.Overlay;
using OciImages.Layers.Tests.Diff;
using OciImages.TestSupport;

namespace OciImages.Layers.Tests.Drivers;

/// <summary>What an overlay says of its upper directory, on mounts with the options that change that.</summary>
public class OverlaySupportTests
{
    [Theory]
    [InlineData(",redirect_dir=off,metacopy=off", null)]
    [InlineData(",redirect_dir=on", "redirect_dir")]
    [InlineData(",redirect_dir=on,metacopy=on", "metacopy")]
    public void FindDiffProblem_OptionsOfTheMount_AreFound(string options, string? expected)
    {
        Peers.RequireRoot();
        using var directory = new TempDirectory();
        foreach (string name in new[] { "lower/opaque", "lower/moved" })
            Directory.CreateDirectory(directory[name]);
        File.WriteAllText(directory["lower/file"], "content");
        using var overlay = new TestOverlay(directory, options);

        Assert.Equal(expected, OverlaySupport.FindDiffProblem(overlay.Merged, overlay.Upper));
    }
}
