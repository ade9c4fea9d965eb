namespace OciImages.Content.Internal;

internal static class LeaseTime
{
    /// <summary>When a lease ends; a duration beyond the calendar means never.</summary>
    internal static DateTimeOffset End(DateTimeOffset now, TimeSpan duration) =>
        duration < DateTimeOffset.MaxValue - now ? now + duration : DateTimeOffset.MaxValue;

    // Content may have been collected since: holding it again would promise what nobody kept.
    internal static void ThrowIfOver(string id, DateTimeOffset expiresAt, DateTimeOffset now)
    {
        if (expiresAt <= now)
            throw new OciException(OciErrorKind.NotFound, $"The lease {id} has expired at {expiresAt:u}.");
    }
}
