using System.Runtime.CompilerServices;
using System.Text.Json;
using OciImages.Registry.Http;

namespace OciImages.Registry.Lists;

/// <summary>A list of texts that a registry gives page by page. OCI distribution specification, "Listing Tags".</summary>
/// <param name="http">Sends.</param>
/// <param name="first">The request for the first page.</param>
/// <param name="member">The member of the answer that holds the list, such as <c>tags</c>.</param>
/// <param name="what">What is listed, for messages.</param>
internal sealed class PagedList(RegistryHttp http, RegistryRequest first, string member, string what)
{
    // Servers page by round numbers.
    private const int LeastPageSize = 50;

    public async IAsyncEnumerable<string> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var loop = new LoopGuard();
        string? previous = null, previousFirst = null;
        var request = first;
        while (true)
        {
            if (!loop.TryPass(request.Target))
                throw RegistryHttp.Failure(request, OciErrorKind.InvalidInput, "the registry's pages do not end");
            var page = request;
            var (items, link) = await http.ExecuteAsync(page, (response, token) => ReadPageAsync(page, response, token), cancellationToken).ConfigureAwait(false);
            // A registry that does not know "last" gives the first page again: what is in order and not behind the last item is no news, nor is what
            // begins with the same.
            if (previous is not null && items.Count > 0 && (string.CompareOrdinal(items[0], previous) <= 0 || items[0] == previousFirst))
                yield break;
            foreach (string item in items)
                yield return item;
            if (link is not null)
            {
                previous = null;
                request = request with { Target = link };
            }
            else if (items.Count >= LeastPageSize && items.Count % LeastPageSize == 0)
            {
                // It may be all there is, or a page of a registry that gives no links.
                (previousFirst, previous) = (items[0], items[^1]);
                request = request with { Target = $"{first.Target}?n={items.Count}&last={Uri.EscapeDataString(previous)}" };
            }
            else
            {
                yield break;
            }
        }
    }

    private async Task<(List<string> Items, string? Next)> ReadPageAsync(
        RegistryRequest request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        byte[] bytes = await ListPage.ReadAsync(http, request, response, cancellationToken).ConfigureAwait(false);
        return (ReadItems(request, bytes), ListPage.NextTarget(request, response));
    }

    private List<string> ReadItems(RegistryRequest request, ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                // null, or nothing at all, is what a registry says that has none.
                if (!document.RootElement.TryGetProperty(member, out var list) || list.ValueKind == JsonValueKind.Null)
                    return [];
                if (list.ValueKind == JsonValueKind.Array && list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String))
                    return [.. list.EnumerateArray().Select(item => item.GetString()!)];
            }
        }
        catch (Exception e) when (JsonFault.Is(e))
        {
        }
        throw RegistryHttp.Failure(request, OciErrorKind.InvalidInput, $"the registry's answer is not a list of {what}");
    }
}
