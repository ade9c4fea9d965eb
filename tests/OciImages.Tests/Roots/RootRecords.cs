using OciImages.Distribution;
using OciImages.Images;
using OciImages.Roots;

namespace OciImages.Tests.Roots;

/// <summary>What children said of the records of a root: each must be as it was told, or as it was begun last.</summary>
internal sealed class RootRecords
{
    private readonly Dictionary<string, (string Told, string Begun)> _records = [];

    internal int Count => _records.Count;

    /// <summary>Takes a line of a child's. A last one may be cut by the kill.</summary>
    internal void Take(string line)
    {
        string[] words = line.Split(' ');
        if (words is ["begin", var key, var value] && IsWhole(value))
            _records[key] = (_records.TryGetValue(key, out var known) ? known.Told : "-", value);
        else if (words is ["done", var changed, var now] && _records.TryGetValue(changed, out var begun) && begun.Begun == now)
            _records[changed] = (now, now);
    }

    internal async Task VerifyAsync(ImageRoot root, string at)
    {
        var listed = (await root.Images.ListAsync().ToListAsync()).ToHashSet();
        foreach (var (key, (told, begun)) in _records)
        {
            string actual = await ReadAsync(root, listed, key[..key.IndexOf(':')], key[(key.IndexOf(':') + 1)..]);
            Assert.True(actual == told || actual == begun, $"{at}: {key} is {actual}, told was {told}, begun {begun}");
        }
    }

    private static async Task<string> ReadAsync(ImageRoot root, HashSet<ImageId> listed, string kind, string name)
    {
        switch (kind)
        {
            case "image":
                var image = ImageId.Parse(name);
                Assert.Equal(listed.Contains(image), await root.Images.FindAsync(image) is not null);
                return listed.Contains(image) ? "1" : "-";
            case "ref":
                return $"{await root.References.FindAsync(ImageReference.Parse(name))}" is { Length: > 0 } id ? id : "-";
            case "parent":
                return $"{await root.Images.GetParentAsync(ImageId.Parse(name))}" is { Length: > 0 } parent ? parent : "-";
            case "time":
                return await root.Images.GetLastUpdatedAsync(ImageId.Parse(name)) is { } time ? $"{time.ToUnixTimeSeconds()}" : "-";
            case "origin":
                return (await root.Origins.ReadAsync(ImageId.Parse(name))) is [.., var newest] ? $"{newest.Manifest.Digest}" : "-";
            default:
                return $"{await root.Distribution.FindDiffIdAsync(Digest.Parse(name))}" is { Length: > 0 } layer ? layer : "-";
        }
    }

    // A digest that was cut would be another value.
    private static bool IsWhole(string value) => !value.StartsWith("sha256:", StringComparison.Ordinal) || Digest.TryParse(value, out _);
}
