using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.Content;
using OciImages.Events;
using OciImages.Images;
using OciImages.Pull.Internal;
using OciImages.Registry;
using OciImages.Roots;
using OciImages.Transfers;

namespace OciImages.Pull;

/// <summary>
/// Pulls images: reference → repository → manifest (index → platform) → config → layers → image store → reference store. Each step
/// is durable before the next, and the reference comes last: what it names is complete.
/// </summary>
public sealed partial class ImagePuller : IImagePuller
{
    private readonly ImageRoot _root;
    private readonly IRegistryClient _registries;
    private readonly LayerDownloadManager _downloads;
    private readonly ImageEvents _events;
    private readonly ILogger _logger;
    private readonly ImageResolver _resolver;

    /// <summary>Makes a puller.</summary>
    /// <param name="root">Where images are kept.</param>
    /// <param name="registries">Where they come from.</param>
    /// <param name="downloads">Downloads layers into <paramref name="root"/>.</param>
    /// <param name="events">Is told of pulls.</param>
    /// <param name="logger">Gets pulls and warnings; null for none.</param>
    public ImagePuller(
        ImageRoot root, IRegistryClient registries, LayerDownloadManager downloads, ImageEvents events, ILogger<ImagePuller>? logger = null)
    {
        _root = root;
        _registries = registries;
        _downloads = downloads;
        _events = events;
        _logger = logger ?? NullLogger<ImagePuller>.Instance;
        _resolver = new ImageResolver(root.Content);
    }

    /// <inheritdoc/>
    public async Task<PullResult> PullAsync(ImageReference reference, PullOptions? options = null, CancellationToken cancellationToken = default)
    {
        reference = reference.WithDefaultTag();
        using var activity = Telemetry.Source.StartActivity("pull");
        activity?.SetTag("oci.reference", reference.ToString());
        long start = Stopwatch.GetTimestamp();
        try
        {
            var result = await PullCoreAsync(reference, options ?? new PullOptions(), cancellationToken).ConfigureAwait(false);
            Telemetry.PullEnded(result.IsUpToDate ? "up-to-date" : "downloaded", Stopwatch.GetElapsedTime(start));
            return result;
        }
        catch (Exception e)
        {
            Telemetry.PullEnded(e is OperationCanceledException ? "cancelled" : "failed", Stopwatch.GetElapsedTime(start));
            activity?.SetStatus(ActivityStatusCode.Error, e.Message);
            throw;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<PullResult> PullAllTagsAsync(
        RepositoryName repository, PullOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (string tag in _registries.GetRepository(repository).ListTagsAsync(cancellationToken).ConfigureAwait(false))
            yield return await PullAsync(new ImageReference { Repository = repository, Tag = tag }, options, cancellationToken).ConfigureAwait(false);
    }

    private async Task<PullResult> PullCoreAsync(ImageReference reference, PullOptions options, CancellationToken cancellationToken)
    {
        var repository = _registries.GetRepository(reference.Repository);
        var lease = await _root.Content.CreateLeaseAsync(new ContentLeaseOptions { EndsWithProcess = true }, cancellationToken).ConfigureAwait(false);
        await using (lease.ConfigureAwait(false))
        {
            var image = await _resolver.ResolveAsync(repository, reference, options.Platform, lease, cancellationToken).ConfigureAwait(false);
            foreach (string warning in image.Warnings)
                LogWarning(_logger, warning);

            var layers = image.Manifest.Layers.Zip(image.Config.DiffIds, (blob, diffId) => new LayerDownload(blob, diffId)).ToList();
            var chain = await _downloads.DownloadAsync(repository, layers, options.Progress, cancellationToken).ConfigureAwait(false);
            await using (chain.ConfigureAwait(false))
                return await CommitAsync(reference, image, layers, chain, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<PullResult> CommitAsync(
        ImageReference reference, ResolvedImage image, List<LayerDownload> layers, LayerChain chain, CancellationToken cancellationToken)
    {
        foreach (var layer in layers.Skip(chain.ExistingLayers))
            await _root.Distribution.AddAsync(layer.DiffId, layer.Blob.Digest, reference.Repository, cancellationToken).ConfigureAwait(false);
        using var held = await _root.LockAsync(cancellationToken).ConfigureAwait(false);
        var imageId = await _root.Images.PutAsync(image.Config.Bytes, cancellationToken).ConfigureAwait(false);

        var origin = new ImageOrigin(reference, image.Manifest.Content.Descriptor) { Indexes = image.Indexes, Platform = image.Platform };
        await _root.Origins.AddAsync(imageId, origin, cancellationToken).ConfigureAwait(false);

        bool moved = await SetDigestAsync(reference, image.Root.Digest, imageId, cancellationToken).ConfigureAwait(false);
        if (reference.Digest is null)
        {
            moved |= await SetAsync(reference, imageId, cancellationToken).ConfigureAwait(false);
            await _root.LayoutTags.SetAsync(reference, imageId, cancellationToken).ConfigureAwait(false);
        }

        bool upToDate = !moved && chain.ExistingLayers == layers.Count;
        LogPulled(_logger, reference, imageId, layers.Count - chain.ExistingLayers, layers.Count);
        _events.Publish(new ImageEvent(ImageEventType.Pull, imageId, reference.ToFamiliarString(), _root.TimeProvider.GetUtcNow()));
        return new PullResult(reference, imageId, image.Root.Digest, upToDate) { Warnings = image.Warnings };
    }

    private async Task<bool> SetDigestAsync(ImageReference reference, Digest root, ImageId imageId, CancellationToken cancellationToken)
    {
        var byDigest = reference with { Tag = null, Digest = root };
        // One index, another platform: a digest never moves. Docker keeps the old one too when a tag is pulled, and refuses when the
        // digest itself is.
        if (reference.Digest is null
            && await _root.References.FindAsync(byDigest, cancellationToken).ConfigureAwait(false) is { } other && other != imageId)
        {
            LogDigestKept(_logger, byDigest, imageId);
            return false;
        }
        try
        {
            return await SetAsync(byDigest, imageId, cancellationToken).ConfigureAwait(false);
        }
        catch (OciException e) when (reference.Digest is null && e.Kind == OciErrorKind.Conflict)
        {
            // Another process was faster with its platform.
            LogDigestKept(_logger, byDigest, imageId);
            return false;
        }
    }

    private async Task<bool> SetAsync(ImageReference reference, ImageId imageId, CancellationToken cancellationToken)
    {
        if (await _root.References.FindAsync(reference, cancellationToken).ConfigureAwait(false) == imageId)
            return false;
        await _root.References.SetAsync(reference, imageId, cancellationToken: cancellationToken).ConfigureAwait(false);
        return true;
    }

    [LoggerMessage(1, LogLevel.Warning, "{Warning}")]
    private static partial void LogWarning(ILogger logger, string warning);

    [LoggerMessage(2, LogLevel.Information, "Pulled {Reference} as {ImageId}: {New} of {Count} layers were new")]
    private static partial void LogPulled(ILogger logger, ImageReference reference, ImageId imageId, int @new, int count);

    [LoggerMessage(3, LogLevel.Information, "{Reference} keeps naming the image of another platform, not {ImageId}")]
    private static partial void LogDigestKept(ILogger logger, ImageReference reference, ImageId imageId);
}
