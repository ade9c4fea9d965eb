namespace OciImages.Registry.Http;

/// <summary>A body that tells the idle time-out that it gets on: a large one may take hours, as long as it moves.</summary>
internal abstract class WatchedContent : HttpContent
{
    /// <summary>The time-out of the exchange; set by the transport.</summary>
    public IdleWatch? Watch { get; set; }
}
