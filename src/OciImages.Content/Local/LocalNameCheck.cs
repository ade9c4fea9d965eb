using System.Runtime.CompilerServices;
using OciImages.IO;

namespace OciImages.Content.Local;

/// <summary>Looks for files and folders that are not named as content and ingests are.</summary>
internal sealed class LocalNameCheck(LocalLayout layout, LocalIngests ingests, LocalRepair repair)
{
    internal async IAsyncEnumerable<StoreFinding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (string path in LocalCheck.Entries(layout.Blobs))
        {
            string name = Path.GetFileName(path);
            if (!Directory.Exists(path) || !DigestAlgorithm.TryGet(name, out _))
            {
                yield return LocalRepair.Found(path, "It is not named after a digest algorithm.", StoreFindingSeverity.Waste);
                continue;
            }
            foreach (string file in LocalCheck.Entries(path))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!Digest.TryParse($"{name}:{Path.GetFileName(file)}", out _) || Directory.Exists(file))
                    yield return LocalRepair.Found(file, "It is not content: its name is no digest, or it is a directory.", StoreFindingSeverity.Waste);
            }
        }
        foreach (string folder in LocalCheck.Entries(layout.Ingests).Where(Directory.Exists))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await IsLostAsync(folder, cancellationToken).ConfigureAwait(false)
                && !await ingests.IsOpenAsync(folder, cancellationToken).ConfigureAwait(false)
                && await repair.MoveIngestAsync(
                    folder, "The ingest has no id, or one of another ingest: nobody can continue it.",
                    async () => await IsLostAsync(folder, cancellationToken).ConfigureAwait(false) && !LocalIngests.IsLocked(folder),
                    cancellationToken).ConfigureAwait(false) is { } finding)
            {
                yield return finding;
            }
        }
    }

    // Its writer may just be making it, and then has it open.
    private async ValueTask<bool> IsLostAsync(string folder, CancellationToken cancellationToken) =>
        !await ingests.HasItsIdAsync(folder, cancellationToken).ConfigureAwait(false) && DurableDirectory.Exists(folder);
}
