using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using OciImages.Manifests;

namespace OciImages.Benchmarks.Registries;

/// <summary>
/// One client: pushes an image of a new layer and one that others have too, by turns whole and in chunks, pulls its own and another
/// client's newest, and verifies each byte. Ten clients share a repository.
/// </summary>
internal sealed class RegistryLoadClient(HttpClient http, int number, int clients, RegistryLoadCounts counts)
{
    private const int SharedLayers = 16;
    private const int MaxLayer = 1 << 20;

    private readonly Random _random = new(number);
    private readonly byte[] _buffer = new byte[MaxLayer];

    public async Task RunAsync(Stopwatch clock, TimeSpan time)
    {
        while (clock.Elapsed < time)
        {
            string doing = "push";
            try
            {
                await PushAsync();
                counts.AddPush();
                doing = "pull";
                await PullAsync(number, mustBeThere: true);
                await PullAsync(_random.Next(clients), mustBeThere: false);
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException or InvalidDataException or OciException)
            {
                counts.AddFailure($"{doing}: {e.GetType().Name}: {e.Message}");
            }
        }
    }

    private async Task PushAsync()
    {
        string repository = Repository(number);
        var own = _buffer.AsMemory(0, _random.Next(1, MaxLayer));
        _random.NextBytes(own.Span);
        byte[] shared = new byte[MaxLayer / 2];
        int which = _random.Next(SharedLayers);
        new Random(-1 - which).NextBytes(shared);
        var layers = new[] { await PushBlobAsync(repository, own), await PushBlobAsync(repository, shared) };
        var config = await PushBlobAsync(repository, Encoding.ASCII.GetBytes($$"""{"client":{{number}},"run":{{_random.Next()}}}"""));
        var manifest = ImageManifest.Create(config with { MediaType = MediaTypes.OciConfig }, layers).Content;
        using var body = new ReadOnlyMemoryContent(manifest.Bytes) { Headers = { ContentType = new MediaTypeHeaderValue(MediaTypes.OciManifest) } };
        using var put = await http.PutAsync(new Uri($"/v2/{repository}/manifests/client-{number}", UriKind.Relative), body);
        Expect(put, HttpStatusCode.Created);
    }

    private async Task<Descriptor> PushBlobAsync(string repository, ReadOnlyMemory<byte> content)
    {
        var descriptor = new Descriptor(MediaTypes.OciLayer, Digest.Compute(content.Span), content.Length);
        using var head = await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"/v2/{repository}/blobs/{descriptor.Digest}"));
        if (head.StatusCode == HttpStatusCode.OK)
            return descriptor;
        Expect(head, HttpStatusCode.NotFound);
        using var post = await http.PostAsync(new Uri($"/v2/{repository}/blobs/uploads/", UriKind.Relative), null);
        Expect(post, HttpStatusCode.Accepted);
        var location = post.Headers.Location!;
        var rest = content;
        if (_random.Next(2) == 0)
        {
            var chunk = content[..(content.Length / 2)];
            using var patch = await http.PatchAsync(location, new ReadOnlyMemoryContent(chunk));
            Expect(patch, HttpStatusCode.Accepted);
            location = patch.Headers.Location!;
            rest = content[chunk.Length..];
        }
        string separator = location.ToString().Contains('?', StringComparison.Ordinal) ? "&" : "?";
        using var put = await http.PutAsync(new Uri($"{location}{separator}digest={descriptor.Digest}", UriKind.RelativeOrAbsolute), new ReadOnlyMemoryContent(rest));
        Expect(put, HttpStatusCode.Created);
        counts.AddSent(content.Length);
        return descriptor;
    }

    private async Task PullAsync(int client, bool mustBeThere)
    {
        string repository = Repository(client);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v2/{repository}/manifests/client-{client}") { Headers = { Accept = { new(MediaTypes.OciManifest) } } };
        using var response = await http.SendAsync(request);
        if (response.StatusCode == HttpStatusCode.NotFound && !mustBeThere)
            return;
        Expect(response, HttpStatusCode.OK);
        var manifest = (ImageManifest)Manifest.Parse(new ManifestContent(MediaTypes.OciManifest, await response.Content.ReadAsByteArrayAsync()));
        foreach (var blob in manifest.Layers.Prepend(manifest.Config))
        {
            using var get = await http.GetAsync(new Uri($"/v2/{repository}/blobs/{blob.Digest}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
            Expect(get, HttpStatusCode.OK);
            await using var content = await get.Content.ReadAsStreamAsync();
            if (await Digest.ComputeAsync(content, DigestAlgorithm.Sha256) != blob.Digest)
                throw new InvalidDataException($"{blob.Digest} came with another digest");
            counts.AddReceived(blob.Size);
        }
        counts.AddPull();
    }

    private static string Repository(int client) => $"load/r{client / 10}";

    private static void Expect(HttpResponseMessage response, HttpStatusCode status)
    {
        if (response.StatusCode != status)
            throw new InvalidDataException($"{response.RequestMessage!.Method} {(int)response.StatusCode} instead of {(int)status}");
    }
}
