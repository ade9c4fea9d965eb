using System.Text;

namespace OciImages.Content.Internal;

// What every store refuses, before it does anything.
internal static class Arguments
{
    internal const int MaxIngestIdLength = 256;
    internal const int MaxLeaseIdLength = 128;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal static void CheckDigest(Digest digest)
    {
        if (digest.IsEmpty)
            throw new ArgumentException("The empty digest names no content.", nameof(digest));
    }

    /// <summary>Returns the id as UTF-8: two ids that differ only in broken surrogates would be one there, so those are refused.</summary>
    internal static byte[] CheckIngestId(string ingestId)
    {
        ArgumentNullException.ThrowIfNull(ingestId);
        if (ingestId.Length is 0 or > MaxIngestIdLength)
            throw new ArgumentException($"An ingest id has 1 to {MaxIngestIdLength} characters, not {ingestId.Length}.", nameof(ingestId));
        try
        {
            return Strict.GetBytes(ingestId);
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException("An ingest id is well-formed Unicode.", nameof(ingestId), e);
        }
    }

    /// <summary>A lease id becomes a file name.</summary>
    internal static void CheckLeaseId(string id)
    {
        if (id.Length is 0 or > MaxLeaseIdLength || id[0] == '.' || id.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')))
        {
            throw new ArgumentException(
                $"A lease id has 1 to {MaxLeaseIdLength} of the characters A-Z a-z 0-9 - _ . and does not start with a period.", nameof(id));
        }
    }

    internal static void CheckDuration(TimeSpan duration)
    {
        if (duration <= TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(duration), duration, "A lease lasts longer than zero.");
    }
}
