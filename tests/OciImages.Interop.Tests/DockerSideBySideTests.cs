using OciImages.Catalog;
using OciImages.Commit;
using OciImages.Configs;
using OciImages.Events;
using OciImages.Import;
using OciImages.Roots;
using OciImages.TestSupport;
using OciImages.TestSupport.Servers;
using OciImages.TestSupport.Tars;

namespace OciImages.Interop.Tests;

/// <summary>A dockerd and this library on one data root: the same questions, the same answers.</summary>
public sealed class DockerSideBySideTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private DockerDaemon _docker = null!;
    private ImageRoot _root = null!;
    private ImageCatalog _catalog = null!;

    public async ValueTask InitializeAsync()
    {
        _docker = await DockerDaemon.StartAsync(_directory["docker"]);
        await File.WriteAllBytesAsync(_directory["base.tar"], new TarBuilder().Directory("bin/").File("bin/sh", "#!").File("etc", "12345").ToArray());
        await _docker.RunAsync("import", "-c", "LABEL k=v", "-c", "CMD [\"/bin/sh\"]", _directory["base.tar"], "base:1");
        await _docker.RunAsync("import", "-m", "mine", _directory["base.tar"], "lib/other:1");
        await _docker.RunAsync("create", "--name", "cc", "-e", "E=1", "-l", "m=n", "base:1", "echo", "<hi>");
        await _docker.RunAsync("commit", "-m", "a comment", "-a", "me <a@b>", "-c", "ENV Z=9 E2=$E", "-c", "WORKDIR w", "cc", "made:1");
        await _docker.RunAsync("create", "--name", "dd", "made:1", "x");
        await _docker.RunAsync("cp", _directory["base.tar"], "dd:/new");
        await _docker.RunAsync("commit", "-c", "EXPOSE 80 53/udp", "-c", "VOLUME /v", "-c", "HEALTHCHECK --interval=5s CMD x", "dd", "made:2");
        await _docker.RunAsync("tag", "made:2", "lib/made:2");
        await _docker.RunAsync("tag", "base:1", "made:1");
        await _docker.RunAsync("import", _directory["base.tar"]);
        _root = ImageRoot.Open(new ImageRootOptions { Path = _docker.DataRoot });
        _catalog = new ImageCatalog(_root);
    }

    public async ValueTask DisposeAsync()
    {
        if (_root is not null)
            await _root.DisposeAsync();
        if (_docker is not null)
            await _docker.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task List_WithEveryFilter_IsDockers()
    {
        string[][] cases =
        [
            [], ["-a"], ["dangling=true"], ["-a", "dangling=true"], ["dangling=false"], ["label=k"], ["label=k=v"], ["label=k=x"], ["label=k", "label=m=n"],
            ["before=made:2"], ["-a", "before=made:2"], ["since=base:1"], ["since=base:1", "before=made:2"], ["reference=made"], ["reference=*made*"],
            ["reference=lib/*"], ["reference=*/*:2"], ["reference=*:1"], ["reference=base", "reference=lib/other"], ["reference=none"],
            ["dangling=true", "label=k"], ["dangling=true", "reference=*"],
        ];
        foreach (string[] words in cases)
        {
            string[] filters = [.. words.Where(word => word != "-a")];
            string[] options = [.. words.Contains("-a") ? ["-a"] : Array.Empty<string>(), .. filters.SelectMany(filter => new[] { "--filter", filter })];
            string docker = await _docker.RunAsync(["images", "--no-trunc", "--format", "{{.ID}} {{.Repository}}:{{.Tag}}", .. options]);

            var list = ListFilters.Parse(filters, DateTimeOffset.UtcNow);
            list.All = words.Contains("-a");
            var ours = await _catalog.ListAsync(list).ToListAsync();

            var lines = ours.SelectMany(image => (image.RepoTags.Count > 0 ? image.RepoTags : ["<none>:<none>"]).Select(tag => $"{image.Id} {tag}"));
            // Within a second docker has no order.
            string expected = string.Join('\n', docker.TrimEnd().Split('\n').Order(StringComparer.Ordinal));
            Assert.Equal($"{string.Join(' ', words)}\n{expected}", $"{string.Join(' ', words)}\n{string.Join('\n', lines.Order(StringComparer.Ordinal))}");
        }
    }

    [Theory]
    [InlineData("foo=bar")]
    [InlineData("dangling=maybe")]
    [InlineData("before=nope")]
    [InlineData("since=nope:1")]
    public async Task List_WithABadFilter_FailsInDockersWords(string filter)
    {
        var docker = await _docker.TryRunAsync("images", "--filter", filter);
        var error = await Assert.ThrowsAsync<OciException>(async () => await _catalog.ListAsync(ListFilters.Parse([filter], default)).ToListAsync());
        Assert.Equal(docker.Error.Trim(), $"Error response from daemon: {error.Message}");
    }

    [Fact]
    public async Task HistoryAndInspect_OfEveryImage_AreDockers()
    {
        await foreach (var image in _catalog.ListAsync(new ListOptions { All = true }))
        {
            string docker = await _docker.RunAsync(
                "history", "--no-trunc", "--human=false", "--format", "{{.ID}}|{{.CreatedBy}}|{{.Size}}|{{.Comment}}", image.Id.ToString());
            var ours = (await _catalog.GetHistoryAsync(image.Id.ToString())).Select(step => $"{step.Id?.ToString() ?? "<missing>"}|{step.CreatedBy}|{step.Size}|{step.Comment}");
            Assert.Equal(docker.TrimEnd(), string.Join('\n', ours));

            const string Format = "{{.Id}}|{{json .RepoTags}}|{{.Parent}}|{{.Comment}}|{{.Size}}|{{json .RootFS.Layers}}|{{.GraphDriver.Name}}|{{.GraphDriver.Data.UpperDir}}";
            string inspected = await _docker.RunAsync("image", "inspect", "--format", Format, image.Id.ToString());
            var details = await _catalog.InspectAsync(image.Id.ToString());
            string tags = string.Join(',', details.Image.RepoTags.Select(tag => $"\"{tag}\""));
            string layers = string.Join(',', details.Image.Config.DiffIds.Select(layer => $"\"{layer}\""));
            Assert.Equal(
                inspected.TrimEnd(),
                $"{details.Image.Id}|[{tags}]|{details.Parent}|{details.Comment}|{details.Size}|[{layers}]|{details.DriverName}|{details.DriverData!["UpperDir"]}");
        }
    }

    [Fact]
    public async Task Configs_WrittenAgain_HaveDockersBytes()
    {
        await foreach (var image in _catalog.ListAsync(new ListOptions { All = true }))
        {
            var config = (await _root.Images.FindAsync(image.Id))!;
            Assert.Equal(Text(config), Text(new ImageConfigBuilder(config).Build()));
        }
    }

    [Fact]
    public async Task Import_OfTheSameTree_HasDockersBytesButForTheTime()
    {
        string[] changes =
        [
            "ENV A=1 B=\"x y\"", "env C d  e", "CMD [\"a\"] b", "ENTRYPOINT run <this>", "LABEL a=1 \"b c\"='$A'", "EXPOSE 80 90-92/tcp", "USER $A", "VOLUME [\"/x y\"]",
            "WORKDIR a/../b", "WORKDIR c", "ONBUILD RUN x  y", "HEALTHCHECK --interval=5s --retries=2 CMD [\"c\"]",
        ];
        string[] options = [.. changes.SelectMany(change => new[] { "-c", change })];
        string theirs = (await _docker.RunAsync(["import", "-m", "mess<age>", .. options, _directory["base.tar"], "imported:1"])).Trim();
        await using var tar = File.OpenRead(_directory["base.tar"]);

        var ours = await new ImageImporter(_root, new ImageEvents()).ImportAsync(tar, new ImportOptions { Changes = changes, Message = "mess<age>" });

        await AssertSameButForTheTimeAsync(ImageId.Parse(theirs), ours);
    }

    [Fact]
    public async Task Changes_ThatAreRefused_AreRefusedInDockersWords()
    {
        string[] changes =
        [
            "RUN x",
            "FOO x",
            "ENV",
            "ENV a",
            "ENV a=1 b",
            "ENV a=${x%y}",
            "ENV a=\"b",
            "LABEL a",
            "EXPOSE abc",
            "EXPOSE 80/foo",
            "EXPOSE 9-8",
            "CMD [\"a\", 1]",
            "ONBUILD ONBUILD x",
            "ONBUILD",
            "USER",
            "WORKDIR",
            "VOLUME [\"\"]",
            "HEALTHCHECK FOO",
            "HEALTHCHECK --interval=1us CMD x",
            "HEALTHCHECK --interval=x CMD x",
            "HEALTHCHECK --retries=0 CMD x",
            "HEALTHCHECK --retries=a CMD x",
            "HEALTHCHECK --foo=1 CMD x",
            "HEALTHCHECK --interval=1s --interval=1s CMD x",
            "STOPSIGNAL 9",
            "# nothing",
        ];
        foreach (string change in changes)
        {
            var docker = await _docker.TryRunAsync("commit", "-c", change, "cc");
            var error = Record.Exception(() => ConfigChanges.Apply(new ContainerConfig(), [change]));
            Assert.Equal($"{change}: {docker.Error.Trim()}", $"{change}: Error response from daemon: {error?.Message}");
        }
    }

    [Theory]
    [InlineData("cc", "ENV Z=9 E=2", "CMD [\"q\"]", "LABEL m=o")]
    [InlineData("dd", "ENTRYPOINT [\"e\"]", "HEALTHCHECK --timeout=1s CMD y", "EXPOSE 81")]
    [InlineData("dd")]
    public async Task Commit_OfTheSameContainer_HasDockersBytesButForTheTime(string container, params string[] changes)
    {
        string[] options = [.. changes.SelectMany(change => new[] { "-c", change })];
        var theirs = ImageId.Parse((await _docker.RunAsync(["commit", "-m", "m&m", "-a", "me", .. options, container])).Trim());
        var config = (await _root.Images.FindAsync(theirs))!;

        var ours = await new ImageCommitter(_root, new ImageEvents()).CommitAsync(config.Container, new CommitOptions
        {
            Author = "me", Comment = "m&m", Changes = changes, ContainerConfig = config.ContainerConfig, Image = await _root.Images.GetParentAsync(theirs),
        });

        await AssertSameButForTheTimeAsync(theirs, ours);
        Assert.Equal(await _root.Images.GetParentAsync(theirs), await _root.Images.GetParentAsync(ours));
    }

    private async Task AssertSameButForTheTimeAsync(ImageId theirs, ImageId ours)
    {
        var docker = new ImageConfigBuilder((await _root.Images.FindAsync(theirs))!);
        var made = (await _root.Images.FindAsync(ours))!;
        docker.Created = made.Created;
        docker.DockerVersion = "";
        docker.History[^1] = docker.History[^1] with { Created = made.Created };
        // Docker's layers have the names of owners, ours the numbers alone: the same files in other bytes.
        if (docker.DiffIds.Count > 0 && docker.DiffIds.Count == made.DiffIds.Count)
            docker.DiffIds[^1] = made.DiffIds[^1];
        Assert.Equal(Text(docker.Build()), Text(made));
        Assert.Equal((await _catalog.InspectAsync(theirs.ToString())).Size, (await _catalog.InspectAsync(ours.ToString())).Size);
    }

    private static string Text(ImageConfig config) => System.Text.Encoding.UTF8.GetString(config.Bytes.Span);
}
