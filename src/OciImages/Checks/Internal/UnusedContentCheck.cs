using System.Runtime.CompilerServices;
using OciImages.Content.Collection;
using OciImages.IO;
using OciImages.Removal.Internal;
using OciImages.Roots;

namespace OciImages.Checks.Internal;

/// <summary>Looks for content that no image needs and for ingests that nobody goes on with, both old enough to be nobody's work in progress.</summary>
internal sealed class UnusedContentCheck(ImageRoot root, bool repair)
{
    internal async IAsyncEnumerable<StoreFinding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var collector = new ContentCollector(root.Content, new ImageContentGraph(root, new HashSet<ImageId>()), root.TimeProvider);
        var unused = await collector.CollectAsync(new ContentCollectionOptions { DryRun = !repair }, cancellationToken).ConfigureAwait(false);
        string folder = root.LocalContent.Root;
        foreach (var content in unused.Content)
        {
            string path = Path.Combine(folder, "blobs", content.Digest.Algorithm.Name, content.Digest.Hex);
            yield return Waste(path, $"No image needs the content {content.Digest} ({content.Size} bytes).", "The content is deleted.");
        }
        foreach (var ingest in unused.Ingests)
        {
            yield return Waste(
                Path.Combine(folder, "ingest"), $"The ingest {ingest.IngestId} ({ingest.Offset} bytes) has not been written since {ingest.UpdatedAt:u}.",
                "The ingest is deleted.");
        }
    }

    private StoreFinding Waste(string path, string problem, string how) =>
        new("content", path, problem, StoreFindingSeverity.Waste, how) { IsRepaired = repair };
}
