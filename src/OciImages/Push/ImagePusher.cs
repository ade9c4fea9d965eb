using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.Configs;
using OciImages.Content;
using OciImages.Distribution;
using OciImages.Events;
using OciImages.Images;
using OciImages.Manifests;
using OciImages.Push.Internal;
using OciImages.Registry;
using OciImages.Roots;
using OciImages.Transfers;

namespace OciImages.Push;

/// <summary>
/// Pushes images, the mirror of a pull: reference store → manifest → layers → config → manifest, and the tag last: what it names is complete.
/// </summary>
public sealed partial class ImagePusher : IImagePusher
{
    private readonly ImageRoot _root;
    private readonly IRegistryClient _registries;
    private readonly LayerUploadManager _uploads;
    private readonly ImageEvents _events;
    private readonly IRegistryCredentialSource? _credentials;
    private readonly ILogger _logger;
    private readonly PushContentFinder _finder;
    private readonly ManifestBuilder _builder;

    /// <summary>Makes a pusher.</summary>
    /// <param name="root">Where images are kept.</param>
    /// <param name="registries">Where they go.</param>
    /// <param name="uploads">Uploads layers out of <paramref name="root"/>.</param>
    /// <param name="events">Is told of pushes.</param>
    /// <param name="credentials">
    /// What <paramref name="registries"/> finds credentials by, to remember which blobs the same user can mount; null when it has none.
    /// </param>
    /// <param name="logger">Gets pushes; null for none.</param>
    public ImagePusher(
        ImageRoot root, IRegistryClient registries, LayerUploadManager uploads, ImageEvents events, IRegistryCredentialSource? credentials = null,
        ILogger<ImagePusher>? logger = null)
    {
        _root = root;
        _registries = registries;
        _uploads = uploads;
        _events = events;
        _credentials = credentials;
        _logger = logger ?? NullLogger<ImagePusher>.Instance;
        _finder = new PushContentFinder(root);
        _builder = new ManifestBuilder(root);
    }

    /// <inheritdoc/>
    public async Task<PushResult> PushAsync(ImageReference reference, PushOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reference);
        if (reference.Digest is not null)
            throw new OciException(OciErrorKind.InvalidInput, $"{reference.ToFamiliarString()} is a digest reference, which cannot be pushed; push a tag.");
        reference = reference.WithDefaultTag();
        using var activity = Telemetry.Source.StartActivity("push");
        activity?.SetTag("oci.reference", reference.ToString());
        long start = Stopwatch.GetTimestamp();
        try
        {
            var result = await PushCoreAsync(reference, options ?? new PushOptions(), cancellationToken).ConfigureAwait(false);
            Telemetry.PushEnded(result.Layers.Any(layer => layer.Outcome != BlobPushOutcome.Existing) ? "uploaded" : "existing", Stopwatch.GetElapsedTime(start));
            return result;
        }
        catch (Exception e)
        {
            Telemetry.PushEnded(e is OperationCanceledException ? "cancelled" : "failed", Stopwatch.GetElapsedTime(start));
            activity?.SetStatus(ActivityStatusCode.Error, e.Message);
            throw;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<PushResult> PushAllTagsAsync(
        RepositoryName repository, PushOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var tags = new List<ImageReference>();
        await foreach (var entry in _root.References.ListAsync(null, cancellationToken).ConfigureAwait(false))
        {
            if (entry.Reference is { Tag: not null, Digest: null } && entry.Reference.Repository == repository)
                tags.Add(entry.Reference);
        }
        if (tags.Count == 0)
            throw new OciException(OciErrorKind.NotFound, $"An image does not exist locally with the tag: {repository.FamiliarName}");
        foreach (var tag in tags)
            yield return await PushAsync(tag, options, cancellationToken).ConfigureAwait(false);
    }

    private async Task<PushResult> PushCoreAsync(ImageReference reference, PushOptions options, CancellationToken cancellationToken)
    {
        var imageId = await _root.References.FindAsync(reference, cancellationToken).ConfigureAwait(false)
            ?? throw new OciException(OciErrorKind.NotFound, $"An image does not exist locally with the tag: {reference.ToFamiliarString()}");
        var repository = _registries.GetRepository(reference.Repository);
        var lease = await _root.Content.CreateLeaseAsync(new ContentLeaseOptions { EndsWithProcess = true }, cancellationToken).ConfigureAwait(false);
        await using (lease.ConfigureAwait(false))
        {
            var content = await _finder.FindAsync(reference, imageId, options.AllPlatforms, cancellationToken).ConfigureAwait(false)
                ?? await _builder.BuildAsync(await ConfigAsync(imageId.Value, cancellationToken).ConfigureAwait(false), lease, cancellationToken).ConfigureAwait(false);
            await ProtectAsync(content, lease, cancellationToken).ConfigureAwait(false);

            var mark = await MarkAsync(reference.Repository, cancellationToken).ConfigureAwait(false);
            var layers = new List<LayerUploadResult>();
            foreach (var image in content.Images)
                layers.AddRange(await PushImageAsync(repository, image, mark, options, cancellationToken).ConfigureAwait(false));
            await PutManifestsAsync(repository, reference, content, cancellationToken).ConfigureAwait(false);

            await RememberAsync(reference, imageId, content, mark, cancellationToken).ConfigureAwait(false);
            var manifest = content.Root.Content.Descriptor;
            LogPushed(_logger, reference, manifest.Digest, layers.Count(layer => layer.Outcome == BlobPushOutcome.Uploaded), layers.Count);
            _events.Publish(new ImageEvent(ImageEventType.Push, imageId, reference.ToFamiliarString(), _root.TimeProvider.GetUtcNow()));
            return new PushResult(reference, imageId, manifest, layers) { IsNewManifest = content.IsNew };
        }
    }

    private static async Task ProtectAsync(PushContent content, ContentLease lease, CancellationToken cancellationToken)
    {
        var digests = content.Images.SelectMany(image => image.Layers.Append(image.Config)).Select(blob => blob.Digest)
            .Concat(content.Images.Select(image => image.Content.Descriptor.Digest))
            .Concat(content.Indexes.Select(index => index.Content.Descriptor.Digest))
            .Append(content.Root.Content.Descriptor.Digest);
        await lease.AddAsync([.. digests], cancellationToken).ConfigureAwait(false);
    }

    private async Task<IEnumerable<LayerUploadResult>> PushImageAsync(
        IRepository repository, ImageManifest image, CredentialMark mark, PushOptions options, CancellationToken cancellationToken)
    {
        var diffIds = await DiffIdsAsync(image, cancellationToken).ConfigureAwait(false);
        var uploads = new List<LayerUpload>(image.Layers.Count);
        // From the top down, as docker shows them.
        for (int i = image.Layers.Count - 1; i >= 0; i--)
        {
            var layer = image.Layers[i];
            DiffId? diffId = diffIds.Count > 0 ? diffIds[i] : null;
            if (MediaTypes.IsForeignLayer(layer.MediaType))
            {
                options.Progress?.Report(new TransferProgress(layer.Digest, TransferPhase.Skipped, 0, layer.Size) { DiffId = diffId });
                continue;
            }
            var from = await MountSourcesAsync(repository.Name, layer, diffId, mark, cancellationToken).ConfigureAwait(false);
            uploads.Add(new LayerUpload(layer) { DiffId = diffId, MountFrom = from });
        }
        var results = await UploadAsync(repository, uploads, options.Progress, cancellationToken).ConfigureAwait(false);
        await repository.Blobs.PushAsync(image.Config, token => OpenConfigAsync(image.Config, token), null, cancellationToken).ConfigureAwait(false);
        return results.Reverse();
    }

    // Without credentials the client goes on anonymously, and so does the mark.
    private async Task<CredentialMark> MarkAsync(RepositoryName repository, CancellationToken cancellationToken)
    {
        try
        {
            var credential = _credentials is null
                ? null
                : await _credentials.FindAsync(repository.Domain, repository.Path, cancellationToken).ConfigureAwait(false);
            return CredentialMark.Of(credential);
        }
        catch (OciException)
        {
            return CredentialMark.Of(null);
        }
    }

    private async Task<IReadOnlyList<LayerUploadResult>> UploadAsync(
        IRepository repository, List<LayerUpload> uploads, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        try
        {
            return await _uploads.UploadAsync(repository, uploads, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (OciException e) when (e.Kind == OciErrorKind.NotFound && e is not RegistryException)
        {
            throw new OciException(
                OciErrorKind.NotFound,
                $"A layer is neither in {repository.Name} nor here any more; it cannot be pushed with the digest that its manifest names: {e.Message}", e);
        }
    }

    // As docker: first where the same credentials pushed it, then the nearest name, then the newest, which is the likeliest to be there still.
    private async Task<IReadOnlyList<RepositoryName>> MountSourcesAsync(
        RepositoryName target, Descriptor layer, DiffId? diffId, CredentialMark mark, CancellationToken cancellationToken)
    {
        if (diffId is not { } known)
            return [];
        var sources = await _root.Distribution.ListSourcesAsync(known, cancellationToken).ConfigureAwait(false);
        string[] path = target.Path.Split('/');
        return [.. sources.Where(source => source.Digest == layer.Digest && source.Repository.Domain == target.Domain && source.Repository != target)
            .Reverse()
            .OrderByDescending(mark.IsOn)
            .ThenByDescending(source => source.Repository.Path.Split('/').Zip(path).TakeWhile(pair => pair.First == pair.Second).Count())
            .Select(source => source.Repository).Distinct()];
    }

    private static async Task PutManifestsAsync(
        IRepository repository, ImageReference reference, PushContent content, CancellationToken cancellationToken)
    {
        foreach (var manifest in content.Images.Cast<Manifest>().Concat(content.Indexes).Where(manifest => manifest != content.Root))
            await repository.Manifests.PutAsync(manifest.Content.Descriptor.Digest.ToString(), manifest.Content, cancellationToken).ConfigureAwait(false);
        await repository.Manifests.PutAsync(reference.Tag!, content.Root.Content, cancellationToken).ConfigureAwait(false);
    }

    private async Task RememberAsync(
        ImageReference reference, ImageId imageId, PushContent content, CredentialMark mark, CancellationToken cancellationToken)
    {
        foreach (var image in content.Images)
        {
            var diffIds = await DiffIdsAsync(image, cancellationToken).ConfigureAwait(false);
            foreach (var (layer, diffId) in image.Layers.Zip(diffIds))
            {
                if (MediaTypes.IsForeignLayer(layer.MediaType))
                    continue;
                var source = new BlobSource(layer.Digest, reference.Repository, mark.On(layer.Digest, reference.Repository));
                await _root.Distribution.AddAsync(diffId, source, cancellationToken).ConfigureAwait(false);
            }
        }
        var root = content.Root.Content;
        await _root.Content.WriteSmallAsync(root.Bytes, root.Descriptor.Digest, cancellationToken).ConfigureAwait(false);
        using var held = await _root.LockAsync(cancellationToken).ConfigureAwait(false);
        if (await _root.Images.FindAsync(imageId, cancellationToken).ConfigureAwait(false) is null)
            return; // removed while it was pushed
        var own = content.Images.First(image => image.Config.Digest == imageId.Value).Content.Descriptor;
        var origin = new ImageOrigin(reference, own) { Indexes = content.Root is ImageIndex ? [root.Descriptor] : [] };
        await _root.Origins.AddAsync(imageId, origin, cancellationToken).ConfigureAwait(false);
        var byDigest = reference with { Tag = null, Digest = root.Descriptor.Digest };
        // One index, another platform: a digest never moves.
        if (await _root.References.FindAsync(byDigest, cancellationToken).ConfigureAwait(false) is null)
            await _root.References.SetAsync(byDigest, imageId, cancellationToken: cancellationToken).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<DiffId>> DiffIdsAsync(ImageManifest image, CancellationToken cancellationToken)
    {
        // An attestation's config is none of an image.
        if (image.Layers.Any(layer => !MediaTypes.IsLayer(layer.MediaType)))
            return [];
        var diffIds = (await ConfigAsync(image.Config.Digest, cancellationToken).ConfigureAwait(false)).DiffIds;
        return diffIds.Count == image.Layers.Count ? diffIds : [];
    }

    private async Task<ImageConfig> ConfigAsync(Digest digest, CancellationToken cancellationToken)
    {
        if (await _root.Content.ReadSmallAsync(digest, ImageConfig.MaxSize, cancellationToken).ConfigureAwait(false) is { } stored)
            return ImageConfig.Parse(stored);
        return await _root.Images.FindAsync(new ImageId(digest), cancellationToken).ConfigureAwait(false)
            ?? throw new OciException(OciErrorKind.NotFound, $"The config {digest} is gone.");
    }

    private async ValueTask<Stream> OpenConfigAsync(Descriptor config, CancellationToken cancellationToken)
    {
        if (await _root.Content.FindAsync(config.Digest, cancellationToken).ConfigureAwait(false) is not null)
            return await _root.Content.OpenReadAsync(config.Digest, cancellationToken).ConfigureAwait(false);
        var stored = await ConfigAsync(config.Digest, cancellationToken).ConfigureAwait(false);
        return new MemoryStream(stored.Bytes.ToArray(), writable: false);
    }

    [LoggerMessage(1, LogLevel.Information, "Pushed {Reference} as {Digest}: {New} of {Count} layers were sent")]
    private static partial void LogPushed(ILogger logger, ImageReference reference, Digest digest, int @new, int count);
}
