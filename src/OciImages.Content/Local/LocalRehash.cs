using System.Threading.Channels;
using OciImages.IO;

namespace OciImages.Content.Local;

/// <summary>Hashes all content again, some at a time.</summary>
internal sealed class LocalRehash(LocalLayout layout, LocalBlobs blobs, Func<ContentInfo, CancellationToken, ValueTask<bool>>? quarantine)
{
    internal async IAsyncEnumerable<StoreFinding> RunAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var findings = Channel.CreateBounded<StoreFinding>(16);
        var work = FillAsync(findings.Writer, ended.Token);
        try
        {
            await foreach (var finding in findings.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                yield return finding;
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FillAsync(ChannelWriter<StoreFinding> findings, CancellationToken cancellationToken)
    {
        try
        {
            await Parallel.ForEachAsync(blobs.ListDigestsAsync(cancellationToken), cancellationToken, async (digest, token) =>
            {
                if (await CheckAsync(digest, token).ConfigureAwait(false) is { } finding)
                    await findings.WriteAsync(finding, token).ConfigureAwait(false);
            }).ConfigureAwait(false);
            findings.Complete();
        }
        catch (Exception e)
        {
            findings.Complete(e);
        }
    }

    private async ValueTask<StoreFinding?> CheckAsync(Digest digest, CancellationToken cancellationToken)
    {
        string path = layout.Blob(digest);
        try
        {
            if (blobs.Stat(digest) is not { } info)
                return null; // deleted meanwhile
            var stream = await blobs.OpenReadAsync(digest, cancellationToken).ConfigureAwait(false);
            Digest actual;
            await using (stream.ConfigureAwait(false))
                actual = await Digest.ComputeAsync(stream, digest.Algorithm, cancellationToken).ConfigureAwait(false);
            if (actual == digest)
                return null;
            var finding = new StoreFinding(
                "content", path, $"The content {digest} is damaged: it hashes to {actual}.", StoreFindingSeverity.Damaged,
                "It is moved to quarantine/, so that it can be fetched again.");
            return quarantine is null
                ? finding
                : finding with { IsRepaired = await quarantine(info, cancellationToken).ConfigureAwait(false) };
        }
        catch (OciException e) when (e is not StorageException && e.Kind == OciErrorKind.NotFound)
        {
            return null;
        }
        catch (Exception e) when (e is IOException || (e is StorageException && quarantine is null))
        {
            return new StoreFinding("content", path, $"The content {digest} cannot be read: {e.Message}", StoreFindingSeverity.Damaged);
        }
    }
}
