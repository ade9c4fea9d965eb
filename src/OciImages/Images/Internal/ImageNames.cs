using OciImages.IO;

namespace OciImages.Images.Internal;

/// <summary>The IDs of the images at one moment, in order.</summary>
internal sealed class ImageNames
{
    private readonly ImageId[] _ids;
    private readonly DateTime? _time;
    private readonly bool _isSettled;

    /// <param name="ids">The IDs.</param>
    /// <param name="time">When the folder was changed last, looked at before it was listed; null when there was none.</param>
    internal ImageNames(IEnumerable<ImageId> ids, DateTime? time)
    {
        _time = time;
        _isSettled = time is { } known && FileClock.IsSettled(known);
        _ids = [.. ids];
        Array.Sort(_ids, static (left, right) => left.Value.CompareTo(right.Value));
    }

    internal bool IsCurrent(DateTime? time) => _isSettled && _time == time;

    internal IEnumerable<ImageId> StartingWith(string hexPrefix)
    {
        string prefix = $"{DigestAlgorithm.Sha256.Name}:{hexPrefix}";
        int low = 0;
        for (int high = _ids.Length; low < high;)
        {
            int middle = (low + high) / 2;
            if (string.CompareOrdinal(_ids[middle].ToString(), prefix) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        for (; low < _ids.Length && _ids[low].ToString().StartsWith(prefix, StringComparison.Ordinal); low++)
            yield return _ids[low];
    }
}
