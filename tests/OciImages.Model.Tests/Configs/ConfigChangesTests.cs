using OciImages.Configs;
using OciImages.Internal.Dockerfile;
using OciImages.TestSupport;

namespace OciImages.Tests.Configs;

public class ConfigChangesTests
{
    private static readonly ContainerConfig Base = new() { Env = ["PATH=/bin", "HOME=/root"], Cmd = ["old"], WorkingDir = "/w", Labels = new Dictionary<string, string> { ["a"] = "1" } };

    [Fact]
    public void Apply_NoChanges_IsTheSame() => Assert.Same(Base, ConfigChanges.Apply(Base, []));

    [Theory]
    [InlineData("ENV A=1 B=\"x y\" C='$HOME' D=$HOME/x E=\\$HOME", "PATH=/bin|HOME=/root|A=1|B=x y|C=$HOME|D=/root/x|E=$HOME")]
    [InlineData("ENV A b  c \"d\"", "PATH=/bin|HOME=/root|A=b  c d")]
    [InlineData("env HOME=/new A=$HOME", "PATH=/bin|HOME=/new|A=/root")]
    [InlineData("ENV HOME=/new\nENV A=$HOME", "PATH=/bin|HOME=/new|A=/new")]
    [InlineData("ENV A=1 \\\n  # a comment\n\n  B=2", "PATH=/bin|HOME=/root|A=1|B=2")]
    [InlineData("# a comment\r\n\r\nENV A=${NONE:-d} B=${HOME:+yes} C=$NONE\r\n", "PATH=/bin|HOME=/root|A=d|B=yes|C=")]
    [InlineData("ENV A=a=b", "PATH=/bin|HOME=/root|A=a=b")]
    public void Apply_Env_SetsVariables(string change, string expected) =>
        Assert.Equal(expected, string.Join('|', ConfigChanges.Apply(Base, [change]).Env!));

    [Theory]
    [InlineData("CMD [\"a\", \"b c\"]", "a|b c")]
    [InlineData("CMD a \"b c\" $HOME", "/bin/sh|-c|a \"b c\" $HOME")]
    [InlineData("CMD ['a']", "/bin/sh|-c|['a']")]
    [InlineData("CMD []", "")]
    [InlineData("cmd a \\\n b", "/bin/sh|-c|a  b")]
    [InlineData("ENTRYPOINT [\"e\"]", null)]
    [InlineData("CMD [\"x\"]\nENTRYPOINT [\"e\"]", "x")]
    public void Apply_Command_SetsIt(string change, string? expected)
    {
        var changed = ConfigChanges.Apply(Base, [change]);
        Assert.Equal(expected, changed.Cmd is null ? null : string.Join('|', changed.Cmd));
        Assert.Equal(change.Contains("ENTRY", StringComparison.Ordinal) ? ["e"] : null, changed.Entrypoint);
    }

    [Fact]
    public void Apply_AllOthers_SetThem()
    {
        var changed = ConfigChanges.Apply(
            Base,
            [
                "EXPOSE 80 $NONE 53/UDP 8000-8002", "EXPOSE 80/tcp", "LABEL a=2 \"l 2\"='x y'", "LABEL old style value", "USER $HOME", "VOLUME /a /b", "VOLUME [\"/c d\"]",
                "WORKDIR sub/../x", "WORKDIR $HOME", "WORKDIR a", "ONBUILD RUN echo $HOME", "onbuild  COPY  a b",
                "HEALTHCHECK --interval=5s --timeout=1m30s --retries=3 --start-period=1ms CMD curl x", "ENTRYPOINT e",
            ]);
        Assert.Equal(["80/tcp", "53/udp", "8000/tcp", "8001/tcp", "8002/tcp"], changed.ExposedPorts);
        Assert.Equal([new("a", "2"), new("l 2", "x y"), new("old", "style value")], changed.Labels!.ToList());
        Assert.Equal(("/root", "/root/a"), (changed.User, changed.WorkingDir));
        Assert.Equal(["/a", "/b", "/c d"], changed.Volumes!);
        Assert.Equal(["RUN echo $HOME", "COPY  a b"], changed.OnBuild!);
        Assert.Equal(["CMD-SHELL", "curl x"], changed.Healthcheck!.Test);
        Assert.Equal(
            (TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(90), TimeSpan.FromMilliseconds(1), 3L),
            (changed.Healthcheck.Interval, changed.Healthcheck.Timeout, changed.Healthcheck.StartPeriod, changed.Healthcheck.Retries));
        Assert.Equal(["/bin/sh", "-c", "e"], changed.Entrypoint!);
        Assert.Equal(["NONE"], ConfigChanges.Apply(Base, ["HEALTHCHECK none"]).Healthcheck!.Test);
        Assert.Equal(["CMD", "a"], ConfigChanges.Apply(Base, ["HEALTHCHECK CMD [\"a\"]"]).Healthcheck!.Test);
        Assert.Equal("1", Base.Labels!["a"]);
    }

    // Messages of dockerd 20.10.24.
    [Theory]
    [InlineData("RUN x", "run is not a valid change command")]
    [InlineData("FOO x", "foo is not a valid change command")]
    [InlineData("STOPSIGNAL 9", "stopsignal is not a valid change command")]
    [InlineData("ENV", "ENV requires at least one argument")]
    [InlineData("ENV a", "ENV must have two arguments")]
    [InlineData("ENV a=1 b", "Syntax error - can't find = in \"b\". Must be of the form: name=value")]
    [InlineData("ENV =1", "ENV names can not be blank")]
    [InlineData("LABEL", "LABEL requires at least one argument")]
    [InlineData("USER", "USER requires exactly one argument")]
    [InlineData("WORKDIR", "WORKDIR requires exactly one argument")]
    [InlineData("EXPOSE", "EXPOSE requires at least one argument")]
    [InlineData("EXPOSE abc", "Invalid containerPort: abc")]
    [InlineData("EXPOSE 80/abc", "Invalid proto: abc")]
    [InlineData("EXPOSE 65536", "Invalid containerPort: 65536")]
    [InlineData("VOLUME", "VOLUME requires at least one argument")]
    [InlineData("VOLUME [\"\"]", "VOLUME specified can not be an empty string")]
    [InlineData("CMD [\"a\", 1]", "when using JSON array syntax, arrays must be comprised of strings only")]
    [InlineData("ONBUILD", "ONBUILD requires at least one argument")]
    [InlineData("ONBUILD ONBUILD RUN x", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")]
    [InlineData("ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger")]
    [InlineData("HEALTHCHECK", "HEALTHCHECK requires at least one argument")]
    [InlineData("HEALTHCHECK FOO x", "Unknown type \"FOO\" in HEALTHCHECK (try CMD)")]
    [InlineData("HEALTHCHECK NONE x", "HEALTHCHECK NONE takes no arguments")]
    [InlineData("HEALTHCHECK CMD", "Missing command after HEALTHCHECK CMD")]
    [InlineData("HEALTHCHECK --interval=1us CMD x", "Interval \"interval\" cannot be less than 1ms")]
    [InlineData("HEALTHCHECK --retries=0 CMD x", "--retries must be at least 1 (not 0)")]
    [InlineData("HEALTHCHECK --foo=1 CMD x", "Unknown flag: foo")]
    [InlineData("HEALTHCHECK --retries CMD x", "Missing a value on flag: retries")]
    [InlineData("USER --a=b c", "Unknown flag: a")]
    [InlineData("ENV a=${x%y}", "failed to process \"${x%y}\": missing ':' in substitution")]
    [InlineData("ENV a=\"b", "failed to process \"\\\"b\": unexpected end of statement while looking for matching double-quote")]
    [InlineData("# nothing", "file with no instructions")]
    public void Apply_WhatDockerRefuses_IsRefusedInItsWords(string change, string message)
    {
        var error = Assert.Throws<OciException>(() => ConfigChanges.Apply(Base, [change]));
        Assert.Equal((OciErrorKind.InvalidInput, message), (error.Kind, error.Message));
    }

    [Fact]
    public void Apply_SubstitutionsWithoutEnd_AreRefused() =>
        Assert.Throws<OciException>(() => ConfigChanges.Apply(Base, [$"USER {string.Concat(Enumerable.Repeat("${a:-", 100_000))}"]));

    [Fact]
    public void Expand_TheCasesOfBuildKit_GivesTheirWords()
    {
        var variables = new Dictionary<string, string> { ["PWD"] = "/home", ["SHELL"] = "bash", ["KOREAN"] = "한국어", ["NULL"] = "" };
        var wrong = new List<string>();
        int count = 0;
        foreach (string line in File.ReadLines(RepositoryRoot.Corpus("shell-words/envVarTest")))
        {
            string[] fields = line.Split('|');
            if (line.StartsWith('#') || fields.Length < 3 || fields[0] is "W")
                continue;
            count++;
            string? actual;
            try
            {
                actual = ShellWord.Expand(fields[1].Trim(), variables.GetValueOrDefault);
            }
            catch (OciException)
            {
                actual = "error";
            }
            if (actual != fields[2].Trim())
                wrong.Add($"{line}: {actual}");
        }
        Assert.Empty(wrong);
        Assert.True(count > 100, $"{count}");
    }
}
