using System.Runtime.Versioning;
using OciImages.IO;

namespace OciImages.Layers.Internal.Overlay;

/// <summary>Checks the short names of overlay2's layers: <c>l/&lt;short name&gt;</c> and the file <c>link</c> say the same.</summary>
[SupportedOSPlatform("linux")]
internal sealed class OverlayLinks(OverlayLayout layout)
{
    internal IEnumerable<DriverFinding> FindProblems()
    {
        if (!Directory.Exists(layout.Links))
            yield break;
        foreach (string path in Directory.EnumerateFileSystemEntries(layout.Links))
        {
            // A layer's directory is made before its link, and goes after it.
            if (new FileInfo(path).LinkTarget?.Split('/') is ["..", var id, "diff"] && LayerId.IsValid(id) && !layout.Exists(id))
                yield return new DriverFinding(
                    path, "It is the short name of a layer that is gone.", StoreFindingSeverity.Waste, "Deletes the link.",
                    () => StoreFiles.Guard("delete the link", path, () =>
                    {
                        File.Delete(path);
                        return true;
                    }));
        }
        foreach (var (id, path) in StoreFiles.ListIds(Path.GetDirectoryName(layout.Links)!))
        {
            if (layout.TryReadLink(id) is { } link && !Directory.Exists(layout.LinkPath(link)) && Directory.Exists(layout.Diff(id)))
                yield return new DriverFinding(
                    path, $"The link {layout.LinkPath(link)} is missing: no layer above it can be mounted.", StoreFindingSeverity.Inconsistent,
                    "Makes the link again.", () => layout.MakeLink(id, link));
        }
    }
}
