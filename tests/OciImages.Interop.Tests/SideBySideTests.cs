using System.Globalization;
using System.Text;
using OciImages.Archives;
using OciImages.Catalog;
using OciImages.Events;
using OciImages.Removal;
using OciImages.Roots;
using OciImages.TestSupport;
using OciImages.TestSupport.Servers;
using OciImages.TestSupport.Tars;

namespace OciImages.Interop.Tests;

/// <summary>The same operations on a real dockerd and on us, in random order: the same records, the same errors, the same state after each.</summary>
public sealed class SideBySideTests(ITestOutputHelper output) : IDisposable
{
    private const int Operations = 150;

    private static readonly string[] Names = ["one:v1", "one:v2", "two", "three/four:v1", "example.org/five:v1", "six:v9"];

    private readonly TempDirectory _directory = new();
    private readonly List<string> _ids = [];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task TagRemovePruneLoad_InRandomOrder_DoWhatDockerDoes()
    {
        int seed = int.Parse(Environment.GetEnvironmentVariable("OCI_TEST_SEED") ?? $"{Environment.TickCount}", CultureInfo.InvariantCulture);
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await File.WriteAllBytesAsync(_directory["images.tar"], MakeArchive());
        await using var docker = await DockerDaemon.StartAsync(_directory["docker"]);
        await using var root = ImageRoot.Open(new ImageRootOptions { Path = _directory["root"], Driver = "overlay2" });
        var ours = new Ours(root, _directory["images.tar"]);

        await CompareAsync(docker, ours, ["load", "-q", "-i", _directory["images.tar"]], "loading first");
        for (int i = 0; i < Operations; i++)
        {
            string[] operation = Choose(random);
            await CompareAsync(docker, ours, operation, $"seed {seed}, operation {i}: {string.Join(' ', operation)}");
        }
    }

    private static async Task CompareAsync(DockerDaemon docker, Ours ours, string[] operation, string where)
    {
        var theirs = await docker.TryRunAsync(operation);
        // Docker removes from a map, in no order.
        bool isPrune = operation is ["image", "prune", ..];
        string expected = theirs.ExitCode == 0
            ? isPrune ? Sorted(theirs.Output) : theirs.Output
            : theirs.Error.Replace("Error response from daemon: ", "error: ", StringComparison.Ordinal).Trim();

        string actual = await ours.RunAsync(operation);

        Assert.Equal($"{where}\n{expected}", $"{where}\n{(isPrune ? Sorted(actual) : actual)}");
        string state = await docker.RunAsync("images", "-a", "--no-trunc", "--format", "{{.ID}} {{.Repository}}:{{.Tag}}");
        Assert.Equal($"{where}\n{string.Join('\n', state.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order())}", $"{where}\n{await ours.StateAsync()}");
    }

    private static string Sorted(string lines) => string.Join('\n', lines.Split('\n').Order());

    private string[] Choose(Random random)
    {
        string name = Names[random.Next(Names.Length)];
        string id = _ids[random.Next(_ids.Count)];
        id = random.Next(3) == 0 ? $"sha256:{id}" : id[..random.Next(6, 65)];
        string image = random.Next(3) == 0 ? id : name;
        return random.Next(14) switch
        {
            < 5 => ["tag", image, Names[random.Next(Names.Length)]],
            < 7 => ["rmi", name],
            7 => ["rmi", "-f", name],
            8 => ["rmi", id],
            9 => ["rmi", "-f", id],
            10 => ["rmi", "--no-prune", name],
            11 => ["load", "-q", "-i", _directory["images.tar"]],
            12 when random.Next(2) == 0 => ["image", "prune", "-f"],
            12 => ["image", "prune", "-f", "-a", "--filter", new[] { "label=kind", "label=kind=odd", "label!=kind=odd", "until=2021-06-01T00:00:00Z" }[random.Next(4)]],
            _ => ["rmi", random.Next(2) == 0 ? $"nosuch:{random.Next(9)}" : $"{random.Next(9)}{new string('0', 63)}"],
        };
    }

    // Three images built on each other, and others that share layers with these.
    private byte[] MakeArchive()
    {
        byte[][] layers = [.. "abcdef".Select(letter => new TarBuilder().Directory($"{letter}").File($"{letter}/file", new string(letter, 1000)).ToArray())];
        var archive = new TarBuilder();
        for (int i = 0; i < layers.Length; i++)
            archive.File($"{i}/layer.tar", layers[i]);
        var entries = new List<string>();
        string? below = Add("one:v1", [0], null);
        below = Add(null, [0, 1], below);
        Add("one:v2", [0, 1, 2], below);
        Add("two:latest", [3], null);
        Add("three/four:v1", [3, 4], null);
        Add(null, [0, 5], null);
        return archive.File("manifest.json", $"[{string.Join(',', entries)}]").ToArray();

        string Add(string? tag, int[] chain, string? parent)
        {
            int number = entries.Count;
            string diffIds = string.Join(',', chain.Select(layer => $"\"{Digest.Compute(layers[layer])}\""));
            string labels = number % 2 == 0 ? """{"kind":"even"}""" : """{"kind":"odd"}""";
            byte[] config = Encoding.UTF8.GetBytes($$$"""
                {"architecture":"{{{Platform.Current.Architecture}}}","config":{"Labels":{{{labels}}}},"created":"202{{{number}}}-01-01T00:00:00Z","os":"linux","rootfs":{"type":"layers","diff_ids":[{{{diffIds}}}]}}
                """);
            string id = Digest.Compute(config).Hex;
            _ids.Add(id);
            archive.File($"{id}.json", config);
            string tags = tag is null ? "null" : $"[\"{tag}\"]";
            string parentMember = parent is null ? "" : $",\"Parent\":\"sha256:{parent}\"";
            entries.Add($$$"""{"Config":"{{{id}}}.json","RepoTags":{{{tags}}},"Layers":[{{{string.Join(',', chain.Select(layer => $"\"{layer}/layer.tar\""))}}}]{{{parentMember}}}}""");
            return id;
        }
    }

    /// <summary>The library, told what docker is told, and printing what docker prints.</summary>
    private sealed class Ours(ImageRoot root, string archive)
    {
        private readonly ImageCatalog _catalog = new(root);
        private readonly ImageEvents _events = new();

        public async Task<string> RunAsync(string[] operation)
        {
            try
            {
                var lines = await LinesAsync(operation);
                return string.Concat(lines.Select(line => line + "\n"));
            }
            catch (OciException e)
            {
                return $"error: {e.Message}";
            }
        }

        public async Task<string> StateAsync()
        {
            var lines = new List<string>();
            await foreach (var image in root.Images.ListAsync())
            {
                var tags = (await root.References.ListAsync(image).ToListAsync()).Where(entry => entry.Reference.Tag is not null).ToList();
                lines.AddRange(tags.Select(entry => $"{image} {entry.Reference.ToFamiliarString()}"));
                if (tags.Count == 0)
                    lines.Add($"{image} <none>:<none>");
            }
            return string.Join('\n', lines.Order());
        }

        private async Task<IEnumerable<string>> LinesAsync(string[] operation)
        {
            var remover = new ImageRemover(root, _catalog, _events);
            switch (operation)
            {
                case ["tag", var image, var tag]:
                    await new ImageTagger(root, _catalog, _events).TagAsync(image, ImageReference.Parse(tag));
                    return [];
                case ["load", ..]:
                    await using (var file = File.OpenRead(archive))
                        return Loaded(await new ImageArchiver(root, _catalog, _events).LoadAsync(file));
                case ["image", "prune", .. var options]:
                    var prune = PruneFilters.Parse(options.Length > 2 ? [options[^1]] : [], DateTimeOffset.UtcNow);
                    prune.All = options.Contains("-a");
                    return Pruned(await remover.PruneAsync(prune));
                default:
                    var how = new RemoveOptions { Force = operation.Contains("-f"), KeepParents = operation.Contains("--no-prune") };
                    try
                    {
                        return (await remover.RemoveAsync(operation[^1], how)).Select(item => Line(item, "Untagged", "Deleted"));
                    }
                    catch (OciException e) when (how.Force && e.Kind == OciErrorKind.NotFound)
                    {
                        return []; // docker's command line, not its daemon
                    }
            }
        }

        private static IEnumerable<string> Loaded(IReadOnlyList<LoadedImage> images)
        {
            foreach (var image in images)
            {
                foreach (var (reference, old) in image.Replaced)
                    yield return $"The image {reference.ToFamiliarString()} already exists, renaming the old one with ID {old} to empty string";
                foreach (var reference in image.References)
                    yield return $"Loaded image: {reference.ToFamiliarString()}";
            }
            // As docker has it: all, or none, by whether the last one has a tag.
            if (images[^1].References.Count > 0)
                yield break;
            foreach (var image in images)
                yield return $"Loaded image ID: {image.Id}";
        }

        private static IEnumerable<string> Pruned(PruneResult result)
        {
            if (result.Items.Count > 0)
                yield return "Deleted Images:";
            foreach (var item in result.Items)
                yield return Line(item, "untagged", "deleted");
            if (result.Items.Count > 0)
                yield return "";
            yield return $"Total reclaimed space: {Size(result.SpaceReclaimed)}";
        }

        private static string Line(RemovedItem item, string untagged, string deleted) =>
            item.Untagged is { } reference ? $"{untagged}: {reference}" : $"{deleted}: {item.Deleted}";

        private static string Size(long bytes) => bytes < 1000 ? $"{bytes}B" : $"{bytes / 1000.0:0.####}kB";
    }
}
