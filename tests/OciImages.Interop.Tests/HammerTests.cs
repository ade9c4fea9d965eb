using System.Globalization;
using System.Text.Json.Nodes;
using OciImages.TestSupport;
using OciImages.TestSupport.Processes;
using OciImages.TestSupport.Servers;

namespace OciImages.Interop.Tests;

/// <summary>
/// Processes work on one root side by side, in random order. <c>OCI_TEST_STEPS</c> sets how much each does (default 8), <c>OCI_TEST_SEED</c>
/// repeats what was chosen, though not when what happens.
/// </summary>
public sealed class HammerTests(DockerRootFixture fixture) : IClassFixture<DockerRootFixture>, IDisposable
{
    // What may happen by the work of the other, in docker's words and ours.
    private static readonly string[] Expected = ["No such image", "conflict: ", "was removed while", "is not in the store", "not found", "does not exist"];

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task TwoProcesses_PullTagRemovePruneAndPush_AllListedImagesAreWhole()
    {
        int steps = Number("OCI_TEST_STEPS", 8), seed = Number("OCI_TEST_SEED", Random.Shared.Next());
        TestContext.Current.TestOutputHelper!.WriteLine($"OCI_TEST_SEED={seed}");
        await using var registry = await DockerRegistry.StartAsync();
        string[] tags = ["small", "layered"];
        foreach (string tag in tags)
        {
            await Command.RunAsync(
                Peers.Require("skopeo"), "copy", "-q", "--dest-tls-verify=false", $"oci:{fixture.LayoutPath}:{tag}", $"docker://{registry.Authority}/test/{tag}:1");
        }
        var oci = new OciProgram(_directory["root"]);
        await Task.WhenAll(RunAsync(1), RunAsync(2));

        var check = await oci.TryRunAsync("fsck", "--deep");
        Assert.True(check.ExitCode == 0, $"seed {seed}: {check.Output}{check.Error}");
        foreach (string line in (await oci.RunAsync("images", "--no-trunc", "--format", "json")).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string id = JsonNode.Parse(line)!["ID"]!.GetValue<string>();
            await oci.RunAsync("inspect", id);
            await oci.RunAsync("unpack", id, _directory[Guid.NewGuid().ToString("N")]);
        }

        async Task RunAsync(int worker)
        {
            var random = new Random(seed + worker);
            for (int i = 0; i < steps; i++)
            {
                string image = $"{registry.Authority}/test/{tags[random.Next(2)]}:1", local = $"local/tag:{random.Next(3)}";
                string[] arguments = random.Next(8) switch
                {
                    0 or 1 or 2 => ["pull", "-q", image],
                    3 => ["tag", image, local],
                    4 => ["rmi", random.Next(2) == 0 ? image : local],
                    5 => ["prune", "-a", "-f"],
                    6 => ["fsck"],
                    _ => ["push", "-q", image],
                };
                var result = await oci.TryRunAsync(arguments);
                Assert.True(
                    result.ExitCode == 0 || (arguments[0] != "fsck" && Expected.Any(text => result.Error.Contains(text, StringComparison.Ordinal))),
                    $"seed {seed}, {worker}.{i}: {string.Join(' ', arguments)}: {result.Output}{result.Error}");
            }
        }
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
