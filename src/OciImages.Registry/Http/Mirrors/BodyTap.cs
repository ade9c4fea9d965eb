namespace OciImages.Registry.Http.Mirrors;

/// <summary>Follows the body of one answer for a <see cref="BlobWitness"/>. Goes along with the answer's message.</summary>
/// <param name="witness">The witness.</param>
/// <param name="from">The mirror that answered; null for the registry.</param>
/// <param name="position">Where in the blob the body starts.</param>
/// <param name="total">The blob's size; null when the answer does not say.</param>
internal sealed class BodyTap(BlobWitness witness, MirrorHost? from, long position, long? total)
{
    public static readonly HttpRequestOptionsKey<BodyTap> Key = new("OciImages.BodyTap");

    /// <summary>Takes what was read; nothing is the end.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        witness.Append(from, position, bytes);
        position += bytes.Length;
        if (total is null ? bytes.IsEmpty : position == total)
            witness.Complete();
    }
}
