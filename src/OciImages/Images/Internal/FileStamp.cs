namespace OciImages.Images.Internal;

/// <summary>What shows that a file is still the one that was read.</summary>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Modified">When it was changed last, in UTC ticks.</param>
internal readonly record struct FileStamp(long Length, long Modified);
