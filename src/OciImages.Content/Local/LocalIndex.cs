using System.Text.Json;
using OciImages.IO;

namespace OciImages.Content.Local;

/// <summary>The layout's <c>index.json</c>, which other tools read and may write too.</summary>
internal sealed class LocalIndex(LocalLayout layout, LocalLeases leases)
{
    // 10,000 tags take some 3 MB.
    internal const int MaxLength = 64 << 20;

    internal async ValueTask<IReadOnlyList<Descriptor>> ReadAsync(CancellationToken cancellationToken)
    {
        await layout.CheckAsync(cancellationToken).ConfigureAwait(false);
        return (await LoadAsync(cancellationToken).ConfigureAwait(false)).Manifests;
    }

    internal async ValueTask UpdateAsync(
        Func<IReadOnlyList<Descriptor>, CancellationToken, ValueTask<IReadOnlyList<Descriptor>>> change, CancellationToken cancellationToken)
    {
        await leases.EnsureAsync(cancellationToken).ConfigureAwait(false);
        using var hold = await layout.RootLock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        var index = await LoadAsync(cancellationToken).ConfigureAwait(false);
        var entries = await change(index.Manifests, cancellationToken).ConfigureAwait(false);
        if (ReferenceEquals(entries, index.Manifests))
            return;
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(index with { Manifests = entries }, LocalJson.Default.LayoutIndex);
        if (json.Length > MaxLength)
            throw new OciException(OciErrorKind.InvalidInput, $"The index would take {json.Length} bytes; {MaxLength} are allowed.");
        await DurableFile.WriteAsync(layout.Index, json, LocalLayout.SharedFile, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<LayoutIndex> LoadAsync(CancellationToken cancellationToken) =>
        await SideFile.ReadAsync(layout.Index, LocalJson.Default.LayoutIndex, MaxLength, cancellationToken).ConfigureAwait(false)
        ?? new LayoutIndex(2, [], MediaTypes.OciIndex);
}
