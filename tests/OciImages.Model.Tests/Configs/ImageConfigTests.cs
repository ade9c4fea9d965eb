using System.Diagnostics;
using System.Globalization;
using System.Text;
using OciImages.Configs;

namespace OciImages.Tests.Configs;

public class ImageConfigTests
{
    private const string DiffId = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";
    private const string RootFs = $$"""
        "rootfs":{"type":"layers","diff_ids":["{{DiffId}}"]}
        """;

    [Fact]
    public void Parse_Everything_IsRead()
    {
        var config = Parse("""
            {"architecture":"arm","os":"linux","variant":"v7","os.version":"1.2","os.features":["f"],"created":"2016-10-10T23:04:00.821781828Z",
            "author":"me","comment":"c","docker_version":"1.12.1","container":"15a3","x-mine":{"a":[1]},
            "config":{"User":"1:1","ExposedPorts":{"80/tcp":{},"53/udp":null},"Env":["A=1","B"],"Entrypoint":["/e"],"Cmd":["c"],"Volumes":{"/v":{}},
            "WorkingDir":"/w","Labels":{"l":"1","L":"2"},"StopSignal":"SIGINT","StopTimeout":7,"ArgsEscaped":true,"Shell":["/sh"],"OnBuild":["RUN x"],
            "Healthcheck":{"Test":["CMD","t"],"Interval":30000000000,"Timeout":1500000000,"StartPeriod":1,"StartInterval":100,"Retries":3},
            "Hostname":"h","Domainname":"d","Image":"i","MacAddress":"m","NetworkDisabled":true,"AttachStdin":true,"AttachStdout":true,
            "AttachStderr":true,"Tty":true,"OpenStdin":true,"StdinOnce":true,"Memory":1,"MemorySwap":-1,"CpuShares":2},
            "container_config":{"Cmd":["/bin/sh","-c","#(nop) "]},ROOTFS,
            "history":[{"created":"2016-10-10T23:04:00Z","created_by":"by","author":"a","comment":"b"},{"empty_layer":true}]}
            """.Replace("ROOTFS", RootFs, StringComparison.Ordinal));
        Assert.Equal(new Platform("linux", "arm", "v7") { OsVersion = "1.2", OsFeatures = ["f"] }, config.Platform);
        Assert.Equal(("linux", "arm", "v7", "1.2"), (config.Os, config.Architecture, config.Variant, config.OsVersion));
        Assert.Equal(["f"], config.OsFeatures);
        Assert.Equal(new DateTimeOffset(2016, 10, 10, 23, 4, 0, TimeSpan.Zero).AddTicks(8217818), config.Created);
        Assert.Equal(("me", "c", "1.12.1", "15a3"), (config.Author, config.Comment, config.DockerVersion, config.Container));
        var run = config.Config!;
        Assert.Equal(("1:1", "/w", "SIGINT", 7L, true), (run.User, run.WorkingDir, run.StopSignal, run.StopTimeout, run.ArgsEscaped));
        Assert.Equal(["80/tcp", "53/udp"], run.ExposedPorts);
        Assert.Equal(["A=1", "B"], run.Env!);
        Assert.Equal(["/e"], run.Entrypoint);
        Assert.Equal(["c"], run.Cmd);
        Assert.Equal(["/v"], run.Volumes!);
        Assert.Equal(("1", "2"), (run.Labels!["l"], run.Labels["L"]));
        Assert.Equal(["/sh"], run.Shell);
        Assert.Equal(["RUN x"], run.OnBuild!);
        Assert.Equal(["CMD", "t"], run.Healthcheck!.Test);
        Assert.Equal(
            (TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1.5), TimeSpan.Zero, TimeSpan.FromTicks(1), 3L),
            (run.Healthcheck.Interval, run.Healthcheck.Timeout, run.Healthcheck.StartPeriod, run.Healthcheck.StartInterval, run.Healthcheck.Retries));
        Assert.Equal(("h", "d", "i", "m"), (run.Hostname, run.Domainname, run.Image, run.MacAddress));
        Assert.True(run is
        {
            NetworkDisabled: true, AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: true, OpenStdin: true, StdinOnce: true,
        });
        Assert.Equal((1L, -1L, 2L), (run.Memory, run.MemorySwap, run.CpuShares));
        Assert.Equal(3, config.ContainerConfig!.Cmd!.Count);
        Assert.Equal([OciImages.DiffId.Parse(DiffId)], config.DiffIds);
        Assert.Equal(
            [new HistoryEntry { Created = new(2016, 10, 10, 23, 4, 0, TimeSpan.Zero), CreatedBy = "by", Author = "a", Comment = "b" }, new() { EmptyLayer = true }],
            config.History);
        Assert.True(config.TryGetMember("x-mine", out var mine));
        Assert.Equal("{\"a\":[1]}", mine.GetRawText());
        Assert.False(config.TryGetMember("X-Mine", out _));
    }

    [Fact]
    public void Parse_Minimal_HasDefaults()
    {
        var config = Parse("""{"rootfs":{"type":"layers"}}""");
        Assert.Equal(("", "", "", ""), (config.Os, config.Architecture, config.Author, config.DockerVersion));
        Assert.Null(config.Created);
        Assert.Null(config.Config);
        Assert.Empty(config.DiffIds);
        Assert.Empty(config.History);
    }

    [Fact]
    public void Parse_NullsAndOldForms_AreTaken()
    {
        var config = Parse($$"""
            {"created":null,"author":null,"history":null,"os.features":null,"CONFIG":{"Env":null,"ExposedPorts":null,"Volumes":null,"labels":null,
            "Entrypoint":null,"Cmd":"one string","OnBuild":null,"Healthcheck":null},{{RootFs}}}
            """);
        Assert.Null(config.Config!.Env);
        Assert.Null(config.Config.Labels);
        Assert.Null(config.Config.Entrypoint);
        Assert.Equal(["one string"], config.Config.Cmd);
        Assert.Empty(Parse("""{"config":{"Entrypoint":[]},"rootfs":{"type":"layers","diff_ids":null}}""").Config!.Entrypoint!);
    }

    [Fact]
    public void Parse_Id_IsTheDigestOfTheExactBytes()
    {
        byte[] bytes = Encoding.UTF8.GetBytes($"{{ {RootFs} ,\"z\":\"\\u003c\"}}\n");
        var config = ImageConfig.Parse(bytes);
        Assert.Equal(Digest.Compute(bytes), config.Id.Value);
        Assert.Equal(bytes, config.Bytes.ToArray());
        Assert.Equal(config.Id.ToString(), config.ToString());
    }

    [Theory]
    [InlineData("{}", "rootfs is missing")]
    [InlineData("""{"rootfs":null}""", "rootfs is missing")]
    [InlineData("""{"rootfs":{}}""", "type must be a string, not missing")]
    [InlineData("""{"rootfs":{"type":"layers+base"}}""", "type must be \"layers\", not \"layers+base\"")]
    [InlineData("""{"rootfs":{"type":"layers","diff_ids":["x"]}}""", "diff_ids[0] is not a digest")]
    [InlineData("""{"rootfs":{"type":"layers","diff_ids":[1]}}""", "diff_ids[0] must be a string")]
    [InlineData("""{"rootfs":{"type":"layers"},"history":[{}]}""", "has 1 history entries with a layer, but only 0 layers")]
    [InlineData("""{"rootfs":{"type":"layers"},"history":[null]}""", "history[0] must be an object, not null")]
    [InlineData("""{"rootfs":{"type":"layers"},"os":"linux","OS":"windows"}""", "has the member \"os\" twice")]
    [InlineData("""{"rootfs":{"type":"layers"},"os":"linux","os":"windows"}""", "not valid JSON")]
    [InlineData("""{"rootfs":{"type":"layers"},"created":"yesterday"}""", "created is not a time")]
    [InlineData("""{"rootfs":{"type":"layers"},"created":"2020-01-01T00:00:00"}""", "created is not a time")]
    [InlineData("""{"rootfs":{"type":"layers"},"created":"2020-01-01"}""", "created is not a time")]
    [InlineData("""{"rootfs":{"type":"layers"},"config":{"Volumes":{"/v":1}}}""", "Volumes[\"/v\"] must be an object, not a number")]
    [InlineData("""{"rootfs":{"type":"layers"},"config":{"Labels":{"a":1}}}""", "Labels[\"a\"] must be a string, not a number")]
    [InlineData("""{"rootfs":{"type":"layers"},"config":{"Tty":"yes"}}""", "Tty must be a boolean, not a string")]
    [InlineData("""{"rootfs":{"type":"layers"},"config":{"Env":"A=1"}}""", "Env must be an array, not a string")]
    [InlineData("""{"rootfs":{"type":"layers"},"config":[]}""", "config must be an object, not an array")]
    public void Parse_Malformed_SaysWhere(string json, string expected)
    {
        var e = Assert.Throws<OciException>(() => Parse(json));
        Assert.Equal(OciErrorKind.InvalidInput, e.Kind);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.StartsWith("The image config sha256:", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0001-01-01T00:00:00Z", 1)]
    [InlineData("2020-02-29T23:59:59.123456789+02:00", 2020)]
    [InlineData("1970-01-01T00:00:00-00:00", 1970)]
    public void Parse_Times_OfGo(string text, int year) =>
        Assert.Equal(year, Parse($$"""{"created":"{{text}}",{{RootFs}}}""").Created!.Value.Year);

    [Fact]
    public void Parse_Bombs_AreRefusedEarly()
    {
        string history = string.Join(',', Enumerable.Repeat("""{"empty_layer":true}""", 100_000));
        Assert.Contains("more than the 10000", Assert.Throws<OciException>(() => Parse($$"""{"history":[{{history}}],{{RootFs}}}""")).Message, StringComparison.Ordinal);
        Assert.Throws<OciException>(() => ImageConfig.Parse(new byte[ImageConfig.MaxSize + 1]));
        Assert.Throws<OciException>(() => Parse("{\"config\":" + new string('[', 100_000)));
    }

    // As many members or elements as the largest config can hold: bounded time, whatever the shape.
    [Theory]
    [InlineData("\"config\":{\"Env\":[", "\"\",", "\"\"]}")]
    [InlineData("\"config\":{\"Labels\":{", "\"#\":\"\",", "\"z\":\"\"}}")]
    [InlineData("\"config\":{\"Volumes\":{", "\"#\":{},", "\"z\":{}}}")]
    [InlineData("\"unknown\":{", "\"#\":0,", "\"z\":0}")]
    [InlineData("", "\"#\":0,", "\"z\":0")]
    public void Parse_LargestOfEveryShape_TakesBoundedTime(string start, string item, string end)
    {
        var json = new StringBuilder("{").Append(start);
        for (int i = 0; json.Length < ImageConfig.MaxSize - 200; i++)
            json.Append(item.Replace("#", i.ToString("x", CultureInfo.InvariantCulture), StringComparison.Ordinal));
        byte[] bytes = Encoding.UTF8.GetBytes(json.Append(end).Append(',').Append(RootFs).Append('}').ToString());
        long startTime = Stopwatch.GetTimestamp();
        Assert.Single(ImageConfig.Parse(bytes).DiffIds);
        Assert.True(Stopwatch.GetElapsedTime(startTime) < TimeSpan.FromSeconds(10), $"{Stopwatch.GetElapsedTime(startTime)}");
    }

    private static ImageConfig Parse(string json) => ImageConfig.Parse(Encoding.UTF8.GetBytes(json));
}
