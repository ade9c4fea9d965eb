namespace OciImages.Transfers.Internal;

/// <summary>A blob that arrived whole and is not what its digest says: worth fetching anew, unlike other corrupt content.</summary>
internal sealed class DamagedBlobException(string message, Exception innerException) : OciException(OciErrorKind.Corrupt, message, innerException);
