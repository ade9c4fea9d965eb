using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace OciImages.RegistryServer.Internal;

/// <summary>Lists: OCI distribution specification, "Listing Tags" and "Listing Referrers", and Docker's catalog.</summary>
internal sealed class ListHandler(RegistryState state)
{
    private const string Json = "application/json";

    // A list of referrers is a manifest, and clients take manifests up to this size.
    private const int MaxReferrersSize = 4 << 20;
    private const int ReferrersEnvelope = 256;

    internal async Task GetTagsAsync(HttpContext context, RegistryRoute route)
    {
        if (await ReadPageAsync(context).ConfigureAwait(false) is not { } page)
            return;
        IAsyncEnumerable<string> tags = state.Index.ListTagsAsync(route.Name, page.After, context.RequestAborted);
        if (state.Upstream is { } upstream && await upstream.ListTagsAsync(route.Name, page.After, context.RequestAborted).ConfigureAwait(false) is { } all)
        {
            tags = all.ToAsyncEnumerable();
        }
        else if (!await state.Index.HasRepositoryAsync(route.Name, context.RequestAborted).ConfigureAwait(false))
        {
            await context.FailAsync(RegistryFault.NameUnknown(route.Name)).ConfigureAwait(false);
            return;
        }
        var names = await TakeAsync(context, tags, page.Count, $"{route.Prefix}/v2/{route.Name}/tags/list").ConfigureAwait(false);
        await WriteNamesAsync(context, "tags", names, route.Name).ConfigureAwait(false);
    }

    internal async Task GetCatalogAsync(HttpContext context, RegistryRoute route)
    {
        if (await ReadPageAsync(context).ConfigureAwait(false) is not { } page)
            return;
        var repositories = WithManifestsAsync(page.After, context.RequestAborted);
        var names = await TakeAsync(context, repositories, page.Count, $"{route.Prefix}/v2/_catalog").ConfigureAwait(false);
        await WriteNamesAsync(context, "repositories", names, null).ConfigureAwait(false);
    }

    internal async Task GetReferrersAsync(HttpContext context, RegistryRoute route)
    {
        if (!Digest.TryParse(route.Argument, out var subject))
        {
            await context.FailAsync(RegistryFault.DigestInvalid(route.Argument)).ConfigureAwait(false);
            return;
        }
        Digest? after = null;
        if (context.Request.Query.TryGetValue("last", out var last))
        {
            if (!Digest.TryParse(last.ToString(), out var digest))
            {
                await context.FailAsync(RegistryFault.DigestInvalid(last.ToString())).ConfigureAwait(false);
                return;
            }
            after = digest;
        }
        string type = context.Request.Query["artifactType"].ToString();
        var descriptors = new List<byte[]>();
        int size = ReferrersEnvelope;
        Digest? end = null;
        await foreach (var descriptor in state.Index.ListReferrersAsync(route.Name, subject, after, context.RequestAborted).ConfigureAwait(false))
        {
            if (type.Length > 0 && descriptor.ArtifactType != type)
                continue;
            byte[] json = JsonSerializer.SerializeToUtf8Bytes(descriptor, RegistryJson.Go.Descriptor);
            if (descriptors.Count > 0 && (size + json.Length + 1 > MaxReferrersSize || descriptors.Count >= state.Options.PageSize))
            {
                string filter = type.Length > 0 ? $"&artifactType={Uri.EscapeDataString(type)}" : "";
                context.Response.Headers.Link = $"<{route.Prefix}/v2/{route.Name}/referrers/{subject}?last={Uri.EscapeDataString(end.ToString()!)}{filter}>; rel=\"next\"";
                break;
            }
            descriptors.Add(json);
            size += json.Length + 1;
            end = descriptor.Digest;
        }
        if (type.Length > 0)
            context.Response.Headers["OCI-Filters-Applied"] = "artifactType";
        await context.WriteJsonAsync(MediaTypes.OciIndex, writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("schemaVersion"u8, 2);
            writer.WriteString("mediaType"u8, MediaTypes.OciIndex);
            writer.WriteStartArray("manifests"u8);
            foreach (byte[] json in descriptors)
                writer.WriteRawValue(json, skipInputValidation: true);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }

    // A repository of nothing but blobs is one that a push is just making, or that has been emptied.
    private async IAsyncEnumerable<string> WithManifestsAsync(string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (string repository in state.Index.ListRepositoriesAsync(after, cancellationToken).ConfigureAwait(false))
        {
            if (await state.Index.ListManifestsAsync(repository, cancellationToken).AnyAsync(cancellationToken).ConfigureAwait(false))
                yield return repository;
        }
    }

    /// <summary>Reads <c>n</c> and <c>last</c>; null when the request is answered.</summary>
    private async ValueTask<(int Count, string? After)?> ReadPageAsync(HttpContext context)
    {
        var query = context.Request.Query;
        string? after = query.TryGetValue("last", out var last) && last.ToString().Length > 0 ? last.ToString() : null;
        if (!query.TryGetValue("n", out var n))
            return (state.Options.PageSize, after);
        if (int.TryParse(n.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out int count))
            return (Math.Min(count, state.Options.PageSize), after);
        await context.FailAsync(RegistryFault.Page("n is the number of entries: zero or more.")).ConfigureAwait(false);
        return null;
    }

    private static async ValueTask<List<string>> TakeAsync(HttpContext context, IAsyncEnumerable<string> all, int count, string path)
    {
        var names = new List<string>();
        if (count == 0)
            return names;
        await foreach (string name in all.ConfigureAwait(false))
        {
            if (names.Count == count)
            {
                context.Response.Headers.Link =
                    $"<{path}?n={count.ToString(CultureInfo.InvariantCulture)}&last={Uri.EscapeDataString(names[^1])}>; rel=\"next\"";
                break;
            }
            names.Add(name);
        }
        return names;
    }

    private static Task WriteNamesAsync(HttpContext context, string member, List<string> names, string? repository) =>
        context.WriteJsonAsync(Json, writer =>
        {
            writer.WriteStartObject();
            if (repository is not null)
                writer.WriteString("name"u8, repository);
            writer.WriteStartArray(member);
            foreach (string name in names)
                writer.WriteStringValue(name);
            writer.WriteEndArray();
            writer.WriteEndObject();
        });
}
