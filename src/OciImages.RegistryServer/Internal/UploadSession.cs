using System.Security.Cryptography;
using System.Text;
using OciImages.Content;

namespace OciImages.RegistryServer.Internal;

/// <summary>An upload: its id, its repository, and the ingest that it writes to. Only who has entered it touches the writer.</summary>
internal sealed class UploadSession(Guid id, string repository)
{
    private const string Prefix = "registry-upload-";

    private int _entered;
    private long _offset;

    internal Guid Id { get; } = id;

    /// <summary>The ingest: it says all that there is to know about an upload, so nothing else has to be kept for a restart.</summary>
    internal string IngestId { get; } = IngestIdOf(id, repository);

    /// <summary>The open ingest; null while it is closed.</summary>
    internal ContentWriter? Writer { get; set; }

    internal bool HasEnded { get; set; }

    internal DateTimeOffset UsedAt { get; set; }

    /// <summary>How many bytes have arrived; may be read by anybody.</summary>
    internal long Offset
    {
        get => Volatile.Read(ref _offset);
        set => Volatile.Write(ref _offset, value);
    }

    internal bool TryEnter() => Interlocked.CompareExchange(ref _entered, 1, 0) == 0;

    internal void Exit() => Volatile.Write(ref _entered, 0);

    internal static string IngestIdOf(Guid id, string repository) =>
        $"{Prefix}{id}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(repository)))}";

    internal static bool IsIngestOfUpload(string ingestId) => ingestId.StartsWith(Prefix, StringComparison.Ordinal);
}
