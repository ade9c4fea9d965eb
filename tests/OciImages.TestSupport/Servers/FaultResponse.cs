using System.Text;

namespace OciImages.TestSupport.Servers;

/// <summary>What a <see cref="FaultServer"/> answers, right or wrong.</summary>
public sealed record FaultResponse(int Status = 200)
{
    /// <summary>The headers, beyond those about length.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>The body.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>What <c>Content-Length</c> claims; null for the truth.</summary>
    public long? ClaimedLength { get; init; }

    /// <summary>Whether the length is kept secret: the body is sent in chunks.</summary>
    public bool IsChunked { get; init; }

    /// <summary>After how many bytes of the body <see cref="Ending"/> comes; null for after all; -1 for before the head.</summary>
    public int? EndAfter { get; init; }

    /// <summary>How it ends.</summary>
    public FaultEnding Ending { get; init; }

    public static FaultResponse Json(string json, int status = 200) => Text(json, "application/json", status);

    public static FaultResponse Text(string text, string contentType = "text/plain", int status = 200) =>
        new(status) { Body = Encoding.UTF8.GetBytes(text), Headers = [("Content-Type", contentType)] };

    public static FaultResponse Redirect(string location, int status = 307) => new(status) { Headers = [("Location", location)] };

    /// <summary>A blob as a good registry serves it, ranges included.</summary>
    public static FaultResponse Blob(FaultRequest request, ReadOnlyMemory<byte> content)
    {
        if (request.Range is not { } range)
            return new FaultResponse { Body = content };
        if (range.First >= content.Length)
            return new FaultResponse(416) { Headers = [("Content-Range", $"bytes */{content.Length}")] };
        int last = (int)Math.Min(range.Last, content.Length - 1);
        return new FaultResponse(206)
        {
            Body = content[(int)range.First..(last + 1)],
            Headers = [("Content-Range", $"bytes {range.First}-{last}/{content.Length}")],
        };
    }

    /// <summary>The same with a header more.</summary>
    public FaultResponse With(string name, string value) => this with { Headers = [.. Headers, (name, value)] };
}
