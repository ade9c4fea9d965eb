namespace OciImages.Layers.Tar;

/// <summary>A point in time with the nanoseconds that tars and file systems keep and <see cref="DateTimeOffset"/> does not.</summary>
/// <param name="Seconds">Whole seconds since 1970-01-01T00:00:00Z; may be negative.</param>
/// <param name="Nanoseconds">0 to 999,999,999, to be added to the seconds.</param>
public readonly record struct TarTime(long Seconds, int Nanoseconds = 0);
