using System.Text;
using OciImages.Configs;
using OciImages.TestSupport;

namespace OciImages.Tests.Configs;

public class ImageConfigBuilderTests
{
    private static readonly DiffId Layer = DiffId.Parse("sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef");

    [Fact]
    public void Build_OfTheConfigOfADockerBuild_GivesItsBytes()
    {
        var config = ImageConfig.Parse(File.ReadAllBytes(RepositoryRoot.Corpus("docker/build-config.json")));

        var built = new ImageConfigBuilder(config).Build();

        Assert.Equal(Encoding.UTF8.GetString(config.Bytes.Span), Encoding.UTF8.GetString(built.Bytes.Span));
        Assert.Equal(config.Id, built.Id);
    }

    // What dockerd 20.10.24 wrote for an import without changes.
    [Fact]
    public void Build_OfAnImport_GivesDockersBytes()
    {
        var created = new DateTimeOffset(2026, 11, 24, 4, 39, 6, TimeSpan.Zero).AddTicks(9229490);
        var builder = new ImageConfigBuilder
        {
            Platform = new Platform("linux", "amd64"),
            Created = created,
            Comment = "Imported from -",
            DockerVersion = "20.10.24",
            Config = new ContainerConfig(),
            ContainerConfig = new ContainerConfig(),
            DiffIds = { Layer },
            History = { new HistoryEntry { Created = created, Comment = "Imported from -" } },
        };
        const string Run = """
            {"Hostname":"","Domainname":"","User":"","AttachStdin":false,"AttachStdout":false,"AttachStderr":false,"Tty":false,"OpenStdin":false,"StdinOnce":false,"Env":null,"Cmd":null,"Image":"","Volumes":null,"WorkingDir":"","Entrypoint":null,"OnBuild":null,"Labels":null}
            """;
        const string Time = "2026-11-24T04:39:06.922949Z";
        Assert.Equal(
            $$$"""{"architecture":"amd64","comment":"Imported from -","config":{{{Run}}},"container_config":{{{Run}}},"created":"{{{Time}}}","docker_version":"20.10.24","history":[{"created":"{{{Time}}}","comment":"Imported from -"}],"os":"linux","rootfs":{"type":"layers","diff_ids":["{{{Layer}}}"]}}""",
            Encoding.UTF8.GetString(builder.Build().Bytes.Span));
    }

    [Fact]
    public void Build_OfEverything_IsReadBackEqual()
    {
        var run = new ContainerConfig
        {
            Hostname = "h", Domainname = "d", User = "1:1", AttachStdin = true, AttachStdout = true, AttachStderr = true, ExposedPorts = ["80/tcp", "443/tcp"],
            Tty = true, OpenStdin = true, StdinOnce = true, Env = ["A=<&>\u2028é😀"], Cmd = [], ArgsEscaped = true, Image = "i", Volumes = [], WorkingDir = "/w",
            Healthcheck = new Healthcheck { Test = ["NONE"], Interval = TimeSpan.FromTicks(1), Timeout = TimeSpan.FromDays(1), StartPeriod = TimeSpan.FromHours(1), StartInterval = TimeSpan.FromSeconds(2), Retries = 3 },
            Entrypoint = ["/e"], NetworkDisabled = true, MacAddress = "m", OnBuild = [], StopSignal = "SIGINT", StopTimeout = 0, Shell = ["/s"],
            Labels = new Dictionary<string, string> { ["\ue000"] = "", ["😀"] = "2", ["b"] = "1", ["B"] = "" },
        };
        var builder = new ImageConfigBuilder
        {
            Platform = new Platform("windows", "arm", "v7") { OsVersion = "10", OsFeatures = ["x"] },
            Created = new DateTimeOffset(2020, 1, 2, 3, 4, 5, TimeSpan.FromHours(-3.5)),
            Author = "a", Comment = "c", DockerVersion = "v", Container = "k", Config = run, ContainerConfig = run,
            DiffIds = { Layer },
            History = { new HistoryEntry { Created = DateTimeOffset.UnixEpoch, CreatedBy = "b", Author = "a", Comment = "c", EmptyLayer = true } },
        };

        var read = builder.Build();

        Assert.Equal(builder.Platform, read.Platform);
        Assert.Equal(builder.Created, read.Created);
        Assert.Equal(builder.Created.Value.Offset, read.Created!.Value.Offset);
        Assert.Equal(builder.History, read.History);
        Assert.Equal(builder.DiffIds, read.DiffIds);
        Assert.Equal(["443/tcp", "80/tcp"], read.Config!.ExposedPorts);
        Assert.Equal(["B", "b", "\ue000", "😀"], read.Config.Labels!.Keys);
        Assert.Equal(run.Labels, read.Config.Labels.ToDictionary());
        Assert.Equal(run.Healthcheck with { Test = [] }, read.Config.Healthcheck! with { Test = [] });
        Assert.Equal(run.Env, read.Config.Env!);
        Assert.Empty(read.Config.Cmd!);
        Assert.Empty(read.Config.Volumes!);
        Assert.Empty(read.Config.OnBuild!);
        Assert.Equal(0, read.Config.StopTimeout);
        Assert.Equal(read.Bytes.ToArray(), new ImageConfigBuilder(read).Build().Bytes.ToArray());
    }

    [Theory]
    [InlineData("2026-11-24T04:39:06.922949498Z")]
    [InlineData("2026-11-24T04:39:06.000000001Z")]
    [InlineData("2026-11-24T04:39:06.12345671Z")]
    [InlineData("2026-11-24T04:39:06.5+01:00")]
    [InlineData("2026-11-24T04:39:06Z")]
    [InlineData("0001-01-01T00:00:00Z")]
    public void Build_OfATimeThatWasRead_KeepsItToTheNanosecond(string time)
    {
        var config = ImageConfig.Parse(Encoding.UTF8.GetBytes(
            $$$"""{"created":"{{{time}}}","history":[{"created":"{{{time}}}"}],"rootfs":{"type":"layers","diff_ids":["{{{Layer}}}"]}}"""));

        Assert.Equal(config.Id, new ImageConfigBuilder(config).Build().Id);
        Assert.DoesNotContain("498Z", Encoding.UTF8.GetString(
            new ImageConfigBuilder(config) { Created = config.Created, History = { [0] = config.History[0] with { Created = config.Created } } }.Build().Bytes.Span), StringComparison.Ordinal);
    }

    [Fact]
    public void Build_OfMoreStepsThanLayers_IsRefused()
    {
        var error = Assert.Throws<OciException>(() => new ImageConfigBuilder { History = { new HistoryEntry { CreatedBy = "x" } } }.Build());
        Assert.Equal(OciErrorKind.InvalidInput, error.Kind);
    }
}
