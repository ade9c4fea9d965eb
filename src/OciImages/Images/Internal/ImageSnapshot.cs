using OciImages.IO;

namespace OciImages.Images.Internal;

/// <summary>The images at one moment.</summary>
/// <param name="Images">The images that are whole, in no particular order.</param>
/// <param name="Damaged">Those that are there but are not whole now, of which something is known from before.</param>
/// <param name="HasUnknown">Whether there are some of which nothing is known.</param>
/// <param name="Time">When the folder was changed last, looked at before it was listed; null when there was none.</param>
internal sealed record ImageSnapshot(ConfigRecord[] Images, ConfigRecord[] Damaged, bool HasUnknown, DateTime? Time)
{
    private readonly bool _isSettled = Time is { } time && FileClock.IsSettled(time);

    private readonly Lazy<ILookup<ChainId, ImageId>> _byTopLayer =
        new(() => Images.Concat(Damaged).Where(image => !image.Info.TopLayer.IsEmpty).ToLookup(image => image.Info.TopLayer, image => image.Info.Id));

    internal bool IsCurrent(DateTime? time) => _isSettled && Time == time;

    internal IEnumerable<ImageId> ListByTopLayer(ChainId top) => _byTopLayer.Value[top];
}
