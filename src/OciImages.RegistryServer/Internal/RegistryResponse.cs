using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace OciImages.RegistryServer.Internal;

/// <summary>Writes answers.</summary>
internal static class RegistryResponse
{
    internal const string DigestHeader = "Docker-Content-Digest";

    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = GoJsonEncoder.Instance };

    internal static Task FailAsync(this HttpContext context, params IReadOnlyList<RegistryFault> faults)
    {
        context.Response.StatusCode = faults[0].Status;
        return context.WriteJsonAsync("application/json; charset=utf-8", writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("errors"u8);
            foreach (var fault in faults)
            {
                writer.WriteStartObject();
                writer.WriteString("code"u8, fault.Code);
                writer.WriteString("message"u8, fault.Message);
                if (fault.Detail is not null)
                    writer.WriteString("detail"u8, fault.Detail);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    /// <summary>Writes small JSON with its length; of a HEAD only the headers.</summary>
    internal static async Task WriteJsonAsync(this HttpContext context, string contentType, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, JsonOptions))
            write(writer);
        await context.WriteAsync(contentType, buffer.WrittenMemory).ConfigureAwait(false);
    }

    internal static async Task WriteAsync(this HttpContext context, string contentType, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Lets a request have a body of another size than the server's own limit.</summary>
    internal static void LimitBody(this HttpContext context, long? limit)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
            feature.MaxRequestBodySize = limit;
    }

    internal static string BlobLocation(this RegistryRoute route, Digest digest) => $"{route.Prefix}/v2/{route.Name}/blobs/{digest}";

    internal static string ManifestLocation(this RegistryRoute route, string reference) => $"{route.Prefix}/v2/{route.Name}/manifests/{reference}";

    internal static string UploadLocation(this RegistryRoute route, Guid id) => $"{route.Prefix}/v2/{route.Name}/blobs/uploads/{id}";
}
