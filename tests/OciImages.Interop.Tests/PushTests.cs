using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using OciImages.TestSupport;
using OciImages.TestSupport.Processes;
using OciImages.TestSupport.Servers;

namespace OciImages.Interop.Tests;

/// <summary>Pulls and pushes as a user does, against real registries; skopeo says what came out.</summary>
public sealed class PushTests(InteropFixture fixture) : IClassFixture<InteropFixture>, IDisposable
{
    private const string Driver = "overlay2";
    private const string User = "user", Password = "pass-word";

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("overlay2")]
    [InlineData("blob")]
    public async Task Push_PulledImage_HasTheSameBytes(string driver)
    {
        await using var target = await DockerRegistry.StartAsync();
        var oci = new OciProgram(_directory["root"], driver);
        string copy = $"{target.Authority}/copy/nasty:v1";
        await oci.RunAsync("pull", "-q", fixture.Image);
        await oci.TagAsync(fixture.Image, copy);

        var pushed = await oci.TryRunAsync("push", copy);

        Assert.True(pushed.ExitCode == 0, pushed.Error);
        string expected = await RawAsync(fixture.Image);
        Assert.Equal(expected, await RawAsync(copy));
        Assert.Equal($"v1: digest: {Digest.Compute(Encoding.Latin1.GetBytes(expected))} size: {expected.Length}\n", pushed.Output);
        Assert.StartsWith($"The push refers to repository [{target.Authority}/copy/nasty]\n", pushed.Error, StringComparison.Ordinal);
        Assert.Matches(new Regex("^[0-9a-f]{12}: Pushed$", RegexOptions.Multiline), pushed.Error);
        // The other way round: what skopeo copies from there is the whole image.
        await Command.RunAsync("skopeo", "copy", "-q", "--src-tls-verify=false", $"docker://{copy}", $"oci:{_directory["layout"]}:copied");
    }

    [Fact]
    public async Task Push_SecondTime_MakesNoUploadRequest()
    {
        await using var target = await DockerRegistry.StartAsync();
        var oci = new OciProgram(_directory["root"], Driver);
        string copy = $"{target.Authority}/copy/nasty:v1";
        await oci.RunAsync("pull", "-q", fixture.Image);
        await oci.TagAsync(fixture.Image, copy);
        await oci.RunAsync("push", "-q", copy);
        int before = target.AccessLog.Count;

        var again = await oci.TryRunAsync("push", copy);

        Assert.True(again.ExitCode == 0, again.Error);
        Assert.Contains("Layer already exists", again.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Pushed", again.Error, StringComparison.Ordinal);
        var requests = target.AccessLog.Skip(before).ToList();
        Assert.NotEmpty(requests);
        Assert.DoesNotContain(requests, entry => entry.Target.Contains("/uploads/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Push_ToAnotherRepositoryOfTheRegistry_Mounts()
    {
        var oci = new OciProgram(_directory["root"], Driver);
        string copy = $"{fixture.Registry.Authority}/mounted/big:v1";
        await oci.RunAsync("pull", "-q", fixture.BigImage);
        await oci.TagAsync(fixture.BigImage, copy);
        int before = fixture.Registry.AccessLog.Count;

        var pushed = await oci.TryRunAsync("push", copy);

        Assert.True(pushed.ExitCode == 0, pushed.Error);
        Assert.Contains("Mounted from test/big", pushed.Error, StringComparison.Ordinal);
        Assert.Equal(await RawAsync(fixture.BigImage), await RawAsync(copy));
        // The config is not mounted; the layer of 64 MiB is not sent.
        Assert.DoesNotContain(fixture.Registry.AccessLog.Skip(before), entry => entry.Method == "PATCH");
    }

    [Fact]
    public async Task Push_AllPlatforms_IsTheSameIndex()
    {
        await using var target = await DockerRegistry.StartAsync();
        var oci = new OciProgram(_directory["root"], Driver);
        string copy = $"{target.Authority}/copy/multi:v1";
        await oci.RunAsync("pull", "-q", "--platform", "linux/amd64", fixture.MultiImage);
        await oci.TagAsync(fixture.MultiImage, copy);

        var incomplete = await oci.TryRunAsync("push", "--all-platforms", copy);
        Assert.Equal(1, incomplete.ExitCode);
        Assert.Contains("linux/arm64", incomplete.Error, StringComparison.Ordinal);
        await oci.RunAsync("push", copy);
        using (var single = JsonDocument.Parse(await RawAsync(copy)))
            Assert.True(single.RootElement.TryGetProperty("layers", out _));

        await oci.RunAsync("pull", "-q", "--platform", "linux/arm64", fixture.MultiImage);
        await oci.RunAsync("push", "-q", "--all-platforms", copy);

        Assert.Equal(await RawAsync(fixture.MultiImage), await RawAsync(copy));
        await Command.RunAsync("skopeo", "copy", "-q", "--all", "--src-tls-verify=false", $"docker://{copy}", $"oci:{_directory["layout"]}:copied");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Push_WithCredentials_RoundTrips(bool isToken)
    {
        await using var tokens = TokenServer.Start();
        tokens.Users.Add(User, Password);
        await using var target = await DockerRegistry.StartAsync(isToken ? new() { TokenServer = tokens } : new() { Basic = (User, Password) });
        string copy = $"{target.Authority}/copy/nasty:v1";
        string auth = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"));
        Directory.CreateDirectory(_directory["docker"]);
        await File.WriteAllTextAsync(_directory["docker/config.json"], $$$"""{"auths":{"{{{target.Authority}}}":{"auth":"{{{auth}}}" } } }""");
        var oci = new OciProgram(_directory["root"], Driver);
        await oci.RunAsync("pull", "-q", fixture.Image);
        await oci.TagAsync(fixture.Image, copy);

        string[] push = [OciProgram.Path, .. oci.Arguments("push", copy)];
        Assert.Equal(1, (await Command.TryRunAsync("env", [$"DOCKER_CONFIG={_directory["none"]}", .. push])).ExitCode);
        var pushed = await Command.TryRunAsync("env", [$"DOCKER_CONFIG={_directory["docker"]}", .. push]);

        Assert.True(pushed.ExitCode == 0, pushed.Error);
        Assert.DoesNotContain(Password, pushed.Error + pushed.Output, StringComparison.Ordinal);
        string raw = await Command.RunAsync("skopeo", "inspect", "--tls-verify=false", "--creds", $"{User}:{Password}", "--raw", $"docker://{copy}");
        Assert.Equal(await RawAsync(fixture.Image), raw);
    }

    [Fact]
    public async Task Push_AllTags_PushesEachOfThem()
    {
        await using var target = await DockerRegistry.StartAsync();
        var oci = new OciProgram(_directory["root"], Driver);
        string repository = $"{target.Authority}/copy/tags";
        await oci.RunAsync("pull", "-q", fixture.Image);
        foreach (string tag in (string[])["one", "two"])
            await oci.TagAsync(fixture.Image, $"{repository}:{tag}");

        string output = await oci.RunAsync("push", "-q", "--all-tags", repository);

        Assert.Equal($"{repository}:one\n{repository}:two\n", output);
        using var tags = JsonDocument.Parse(await Command.RunAsync("skopeo", "list-tags", "--tls-verify=false", $"docker://{repository}"));
        Assert.Equal(["one", "two"], tags.RootElement.GetProperty("Tags").EnumerateArray().Select(tag => tag.GetString()));
    }

    [Fact]
    public async Task Push_WhatIsNotHere_FailsInOneLine()
    {
        var oci = new OciProgram(_directory["root"], Driver);

        var failed = await oci.TryRunAsync("push", "127.0.0.1:1/none:v1");

        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("oci: An image does not exist locally with the tag: 127.0.0.1:1/none:v1", failed.Error, StringComparison.Ordinal);
    }

    private static Task<string> RawAsync(string image) => Command.RunAsync("skopeo", "inspect", "--tls-verify=false", "--raw", $"docker://{image}");
}
