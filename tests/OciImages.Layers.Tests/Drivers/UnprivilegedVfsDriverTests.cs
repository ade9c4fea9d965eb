using System.Runtime.CompilerServices;
using OciImages.Layers.Drivers;
using OciImages.Layers.Tests.Trees;
using OciImages.TestSupport;

namespace OciImages.Layers.Tests.Drivers;

/// <summary>
/// The contract for vfs without root's rights. As root the bodies of all tests run in one child process as nobody; each test here then
/// tells what became of its own.
/// </summary>
public sealed class UnprivilegedVfsDriverTests : StorageDriverContract
{
    private const string ResultsVariable = "OCI_TEST_UNPRIVILEGED_RESULTS";
    private const string Passed = "passed";
    private static readonly Lazy<Task<IReadOnlyDictionary<string, string>>> Results = new(RunChildAsync);

    protected override IStorageDriver Create(string root) => new VfsDriver(root);

    protected override async Task<Dictionary<string, TreeNode>> TreeAsync(string id)
    {
        await using var mount = await Driver.MountAsync(id);
        return TreeListing.Of(mount.Path, Path.Combine(Root, "attributes", $"{id}.jsonl"));
    }

    protected override async Task RunAsync(Func<Task> body, [CallerMemberName] string name = "")
    {
        if (!Environment.IsPrivilegedProcess)
        {
            await RunAndNoteAsync(body, name);
            return;
        }
        var results = await Results.Value;
        Assert.True(results.TryGetValue(name, out string? result), $"The child did not run {name}: {string.Join('\n', results)}");
        Assert.Equal(Passed, result);
    }

    private static async Task RunAndNoteAsync(Func<Task> body, string name)
    {
        string result = Passed;
        try
        {
            await body();
        }
        catch (Exception e)
        {
            result = e.ToString();
            throw;
        }
        finally
        {
            if (Environment.GetEnvironmentVariable(ResultsVariable) is { } folder)
                await File.WriteAllTextAsync(Path.Combine(folder, Guid.NewGuid().ToString()), $"{name}\n{result}", CancellationToken.None);
        }
    }

    private static async Task<IReadOnlyDictionary<string, string>> RunChildAsync()
    {
        using var temp = new TempDirectory();
        const UnixFileMode all = (UnixFileMode)0x1ff;
        File.SetUnixFileMode(temp.Path, all);
        // Where the tests lie, nobody may have no access.
        foreach (string file in Directory.GetFiles(AppContext.BaseDirectory, "*", SearchOption.AllDirectories))
        {
            string copy = temp[Path.Combine("bin", Path.GetRelativePath(AppContext.BaseDirectory, file))];
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        string folder = Directory.CreateDirectory(temp["results"]).FullName;
        File.SetUnixFileMode(folder, all);
        using var child = ChildRun.Start(
            ["--filter-class", typeof(UnprivilegedVfsDriverTests).FullName!, "--results-directory", folder + "/r"], (ResultsVariable, folder), temp["bin"], null,
            Peers.Require("setpriv"), "--reuid=65534", "--regid=65534", "--clear-groups");
        string output = await ChildRun.OutputAsync(child);
        var results = new Dictionary<string, string> { ["output"] = output };
        foreach (string file in Directory.GetFiles(folder))
        {
            string text = await File.ReadAllTextAsync(file);
            int end = text.IndexOf('\n', StringComparison.Ordinal);
            results[text[..end]] = text[(end + 1)..];
        }
        return results;
    }
}
