using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using OciImages.TestSupport;
using OciImages.TestSupport.Processes;
using OciImages.TestSupport.Servers;

namespace OciImages.Interop.Tests;

/// <summary>
/// The program <c>oci</c> is killed at random moments of every verb that changes the root. <c>OCI_TEST_KILLS</c> sets how often (default 8),
/// <c>OCI_TEST_SEED</c> repeats what was chosen.
/// </summary>
public sealed class KillTests(DockerRootFixture fixture) : IClassFixture<DockerRootFixture>, IDisposable
{
    private const string Pushed = "by/kill:1";

    private readonly TempDirectory _directory = new();
    private readonly HashSet<string> _acknowledged = [];
    private TimeSpan _typicalRun = TimeSpan.FromMilliseconds(500);

    private OciProgram Oci => new(_directory["root"]);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task AnyVerb_ProcessKilled_RootIsCleanAndHasWhatWasAcknowledged()
    {
        int kills = Number("OCI_TEST_KILLS", 8), seed = Number("OCI_TEST_SEED", Random.Shared.Next());
        TestContext.Current.TestOutputHelper!.WriteLine($"OCI_TEST_SEED={seed}");
        var random = new Random(seed);
        await using var registry = await DockerRegistry.StartAsync();
        string[] images = [$"{registry.Authority}/test/small:1", $"{registry.Authority}/test/layered:1"];
        foreach (string image in images)
        {
            string tag = image.Contains("small", StringComparison.Ordinal) ? "small" : "layered";
            await Command.RunAsync(Peers.Require("skopeo"), "copy", "-q", "--dest-tls-verify=false", $"oci:{fixture.LayoutPath}:{tag}", $"docker://{image}");
        }
        for (int i = 0; i < kills; i++)
        {
            string verb = await StepAsync(random, images, registry.Authority);
            TestContext.Current.TestOutputHelper!.WriteLine($"{i}: {verb}");
            await CheckAsync($"seed {seed}, kill {i} of {verb}");
        }
    }

    // What is done before is not killed and so acknowledged; it makes that the killed verb has something to do.
    private async Task<string> StepAsync(Random random, string[] images, string authority)
    {
        string image = images[random.Next(images.Length)], tag = $"local/tag:{random.Next(5)}";
        switch (random.Next(7))
        {
            case 0:
                await ForgetAsync(image);
                return await KillAsync(random, "pull", "-q", image);
            case 1:
                await HaveAsync(image);
                await Oci.RunAsync("tag", image, $"{authority}/{Pushed}");
                _acknowledged.Add($"{authority}/{Pushed}");
                return await KillAsync(random, "push", "-q", $"{authority}/{Pushed}");
            case 2:
                await ForgetAsync("test/small:1");
                return await KillAsync(random, "load", "-q", "-i", fixture.Archive);
            case 3:
                await HaveAsync(image);
                _acknowledged.Remove(tag);
                return await KillAsync(random, "tag", image, tag);
            case 4:
                await HaveAsync(image);
                _acknowledged.Remove(image);
                return await KillAsync(random, "rmi", image);
            case 5:
                await HaveAsync(image);
                _acknowledged.Clear();
                return await KillAsync(random, "prune", "-a", "-f");
            default:
                await HaveAsync(image);
                await DamageAsync(image);
                return await KillAsync(random, "fsck", "--repair");
        }
    }

    private async Task HaveAsync(string image)
    {
        await Oci.RunAsync("pull", "-q", image);
        _acknowledged.Add(image);
    }

    private async Task ForgetAsync(string image)
    {
        _acknowledged.Remove(image);
        await Oci.TryRunAsync("rmi", image);
    }

    // Something for a repair to do: a lost config, which content has still, and a reference to nothing.
    private async Task DamageAsync(string image)
    {
        string id = JsonNode.Parse(await Oci.RunAsync("inspect", image))![0]!["Id"]!.GetValue<string>();
        File.Delete(Path.Combine(Oci.Root, "image/overlay2/imagedb/content/sha256", id["sha256:".Length..]));
        string references = Path.Combine(Oci.Root, "image/overlay2/repositories.json");
        var json = JsonNode.Parse(await File.ReadAllTextAsync(references))!;
        json["Repositories"]!["ghost"] = new JsonObject { ["ghost:1"] = $"sha256:{new string('a', 64)}" };
        await File.WriteAllTextAsync(references, json.ToJsonString());
    }

    private async Task<string> KillAsync(Random random, params string[] arguments)
    {
        // Most of a run is the start of the runtime, which takes how long the machine likes.
        int milliseconds = (int)(_typicalRun.TotalMilliseconds * (0.4 + (1.2 * random.NextDouble())));
        using var process = Command.Start(OciProgram.Path, Oci.Arguments(arguments));
        var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(milliseconds));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
        string[] texts = await output;
        Assert.True(process.ExitCode is 0 or 137, $"{arguments[0]}: {texts[1]}");
        if (process.ExitCode == 0 && arguments[0] is "pull" or "tag")
            _acknowledged.Add(arguments[^1]);
        return $"{arguments[0]} after {milliseconds} ms{(process.ExitCode == 0 ? ", which was done before" : "")}";
    }

    private async Task CheckAsync(string run)
    {
        // Layers that a killed pull has finished are there for the next, and temporary files of content until the next writes some.
        bool isHalfRepaired = run.Contains("of fsck", StringComparison.Ordinal);
        var clock = Stopwatch.StartNew();
        var first = await Oci.TryRunAsync("fsck");
        _typicalRun = clock.Elapsed;
        Assert.True(isHalfRepaired || first.ExitCode == 0, $"{run}: {first.Output}{first.Error}");
        var repair = await Oci.TryRunAsync("fsck", "--repair");
        Assert.True(repair.ExitCode == 0, $"{run}: {repair.Output}{repair.Error}");
        var last = await Oci.TryRunAsync("fsck", "--deep");
        Assert.True(last is { ExitCode: 0, Output: "" }, $"{run}: {last.Output}{last.Error}");
        if (_acknowledged.Count > 0)
        {
            var found = await Oci.TryRunAsync(["inspect", .. _acknowledged]);
            Assert.True(found.ExitCode == 0, $"{run}: {found.Error}");
        }
        string[] left = Directory.EnumerateFileSystemEntries(Oci.Root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            .Where(IsTemporary).ToArray();
        Assert.True(left.Length == 0, $"{run}: {string.Join(' ', left)}");
        string mounts = await File.ReadAllTextAsync("/proc/self/mountinfo");
        Assert.False(mounts.Contains(Oci.Root, StringComparison.Ordinal), $"{run}: a mount is left");
    }

    private static bool IsTemporary(string path)
    {
        string name = Path.GetFileName(path);
        return name.StartsWith(".tmp-", StringComparison.Ordinal) || name.StartsWith("write-set-", StringComparison.Ordinal)
            || name.EndsWith("-removing", StringComparison.Ordinal);
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
