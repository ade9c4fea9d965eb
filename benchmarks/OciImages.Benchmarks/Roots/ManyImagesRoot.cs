using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OciImages.Benchmarks.Roots;

/// <summary>
/// Makes a data root with many small images over few shared layers, file by file as dockerd would have left it: records without trees, which
/// is all that listings look at.
/// </summary>
internal static class ManyImagesRoot
{
    private const int ChainLength = 6;

    /// <summary>Makes the root.</summary>
    /// <returns>The tags, and the IDs, of the images.</returns>
    internal static (List<string> Tags, List<string> Ids) Create(string root, string driver, int images, int layers)
    {
        string image = Path.Combine(root, "image", driver);
        string configs = Directory.CreateDirectory(Path.Combine(image, "imagedb", "content", "sha256")).FullName;
        string metadata = Directory.CreateDirectory(Path.Combine(image, "imagedb", "metadata", "sha256")).FullName;
        Directory.CreateDirectory(Path.Combine(root, driver));
        var chains = CreateLayers(Path.Combine(image, "layerdb", "sha256"), layers);
        var tags = new List<string>();
        var ids = new List<string>();
        var repositories = new SortedDictionary<string, SortedDictionary<string, string>>(StringComparer.Ordinal);
        for (int i = 0; i < images; i++)
        {
            byte[] config = Config(i, chains[i % chains.Count]);
            var id = Digest.Compute(config);
            File.WriteAllBytes(Path.Combine(configs, id.Hex), config);
            string name = $"registry.example/team-{i % 50}/app-{i / 10}";
            string tag = $"{name}:v{i % 10}";
            if (!repositories.TryGetValue(name, out var references))
                repositories.Add(name, references = new SortedDictionary<string, string>(StringComparer.Ordinal));
            references[tag] = id.ToString();
            tags.Add(tag);
            ids.Add(id.Hex);
            // A tenth was built here.
            if (i % 10 == 9)
            {
                string notes = Directory.CreateDirectory(Path.Combine(metadata, id.Hex)).FullName;
                File.WriteAllText(Path.Combine(notes, "parent"), $"sha256:{ids[i - 1]}");
                File.WriteAllText(Path.Combine(notes, "lastUpdated"), "2026-11-24T04:17:56.272088259Z");
            }
        }
        File.WriteAllBytes(Path.Combine(image, "repositories.json"), Json(repositories));
        return (tags, ids);
    }

    private static List<DiffId[]> CreateLayers(string layerDb, int layers)
    {
        var chains = new List<DiffId[]>();
        for (int first = 0; first < layers; first += ChainLength)
        {
            var chain = new List<DiffId>();
            ChainId below = default;
            for (int i = first; i < Math.Min(first + ChainLength, layers); i++)
            {
                chain.Add(new DiffId(Digest.Compute(Encoding.ASCII.GetBytes($"layer {i}"))));
                chains.Add([.. chain]);
                var id = below.Append(chain[^1]);
                string directory = Directory.CreateDirectory(Path.Combine(layerDb, id.Value.Hex)).FullName;
                File.WriteAllText(Path.Combine(directory, "diff"), chain[^1].ToString());
                File.WriteAllText(Path.Combine(directory, "size"), (1_000_000 + i).ToString(CultureInfo.InvariantCulture));
                File.WriteAllText(Path.Combine(directory, "cache-id"), Digest.Compute(Encoding.ASCII.GetBytes($"cache {i}")).Hex);
                if (!below.IsEmpty)
                    File.WriteAllText(Path.Combine(directory, "parent"), below.ToString());
                below = id;
            }
        }
        return chains;
    }

    private static byte[] Config(int number, DiffId[] layers)
    {
        using var output = new MemoryStream();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("architecture", "amd64");
            json.WriteString("created", DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000 + number));
            json.WriteStartObject("config");
            json.WriteStartArray("Env");
            json.WriteStringValue("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
            json.WriteEndArray();
            json.WriteStartObject("Labels");
            for (int i = 0; i < 6; i++)
                json.WriteString($"org.opencontainers.image.label{i}", $"value {i} of image {number}");
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteStartArray("history");
            foreach (var layer in layers)
            {
                json.WriteStartObject();
                json.WriteString("created", "2024-01-01T00:00:00Z");
                json.WriteString("created_by", $"RUN /bin/sh -c make-the-layer {layer} # buildkit");
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteString("os", "linux");
            json.WriteStartObject("rootfs");
            json.WriteString("type", "layers");
            json.WriteStartArray("diff_ids");
            foreach (var layer in layers)
                json.WriteStringValue(layer.ToString());
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return output.ToArray();
    }

    private static byte[] Json(SortedDictionary<string, SortedDictionary<string, string>> repositories)
    {
        using var output = new MemoryStream();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteStartObject("Repositories");
            foreach (var (name, references) in repositories)
            {
                json.WriteStartObject(name);
                foreach (var (reference, id) in references)
                    json.WriteString(reference, id);
                json.WriteEndObject();
            }
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return output.ToArray();
    }
}
