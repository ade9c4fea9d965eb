using System.Diagnostics;
using CsCheck;
using OciImages.Registry.Auth;

namespace OciImages.Registry.Tests.Auth;

public class ChallengeParserTests
{
    [Theory]
    [InlineData("""Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push" """,
        "Bearer realm=https://auth.docker.io/token service=registry.docker.io scope=repository:a/b:pull,push")]
    [InlineData("""bearer  REALM = "https://x" , Service= y""", "bearer REALM=https://x Service=y")]
    [InlineData("""Basic realm="basic-realm" """, "Basic realm=basic-realm")]
    [InlineData("""Basic realm="a", Bearer realm="b",service="c", Digest realm=d""", "Basic realm=a|Bearer realm=b service=c|Digest realm=d")]
    [InlineData("""Bearer realm=https://x/token,service=y""", "Bearer realm=https://x/token service=y")]
    [InlineData("""Bearer realm="a\"b\\c", error="x" """, """Bearer realm=a"b\c error=x""")]
    [InlineData("""Negotiate, NTLM abc==, Bearer realm="b" """, "Negotiate|NTLM|Bearer realm=b")]
    [InlineData("""Negotiate a87421000492aa874209af8bc028""", "Negotiate")]
    [InlineData("""Bearer realm="first",realm="second" """, "Bearer realm=first")]
    [InlineData("""Bearer realm="open""", "Bearer realm=open")]
    [InlineData("""Bearer realm="open\""", """Bearer realm=open\""")]
    [InlineData(""",, Bearer ,realm="x",, service="y",""", "Bearer realm=x service=y")]
    [InlineData("Bearer", "Bearer")]
    [InlineData("Bearer realm", "Bearer")]
    [InlineData("""@@@ "x" Bearer realm="y" """, "x|Bearer realm=y")]
    [InlineData("", "")]
    [InlineData(" , ,\t", "")]
    [InlineData("=", "")]
    public void Parse_Header_GivesChallenges(string header, string expected) => Assert.Equal(expected, Print(ChallengeParser.Parse(header)));

    [Fact]
    public void Parse_SeveralHeaders_GivesAll()
    {
        using var response = new HttpResponseMessage();
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", "Basic realm=\"a\"");
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", "Bearer realm=\"b\",service=\"c\"");

        Assert.Equal("Basic realm=a|Bearer realm=b service=c", Print(ChallengeParser.Parse(response)));
    }

    [Fact]
    public void Parse_AnyText_NeverThrows() =>
        Gen.String[AnyOf(" ,=\"\\\taB1@/:"), 0, 200].Sample(text =>
        {
            var challenges = ChallengeParser.Parse(text);
            return challenges.All(challenge => challenge.Scheme.Length > 0) && challenges.Count <= 32;
        });

    [Fact]
    public void Parse_WhatWasPrinted_ComesBack()
    {
        var word = Gen.String[Gen.Char['a', 'z'], 1, 8];
        var value = Gen.String[AnyOf("abc ,=\"\\:/?"), 0, 20];
        var challenge = Gen.Select(word, Gen.Select(word, value).Array[1, 5]);
        challenge.Array[1, 4].Sample(made =>
        {
            string header = string.Join(", ", made.Select(one => $"{one.Item1} {string.Join(",", one.Item2.Select(pair => $"{pair.Item1}=\"{Escape(pair.Item2)}\""))}"));
            string expected = Print([.. made.Select(one => new Challenge(
                one.Item1, one.Item2.DistinctBy(pair => pair.Item1).ToDictionary(pair => pair.Item1, pair => pair.Item2)))]);
            return Print(ChallengeParser.Parse(header)) == expected;
        });
    }

    [Theory]
    [InlineData("a ")]
    [InlineData("a=")]
    [InlineData("\\\"")]
    [InlineData("a=\"")]
    [InlineData("a a=\"\\")]
    [InlineData("=")]
    [InlineData(",")]
    public void Parse_HugeHeader_TakesLinearTime(string unit)
    {
        string header = string.Concat(Enumerable.Repeat(unit, 4_000_000 / unit.Length));
        var watch = Stopwatch.StartNew();

        ChallengeParser.Parse(header);
        ChallengeParser.Parse($"Bearer realm=\"{header}");

        // A quadratic one would need hours.
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{watch.Elapsed}");
    }

    private static Gen<char> AnyOf(string characters) => Gen.Int[0, characters.Length - 1].Select(index => characters[index]);

    private static string Escape(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);

    private static string Print(IReadOnlyList<Challenge> challenges) => string.Join('|', challenges.Select(
        challenge => string.Join(' ', [challenge.Scheme, .. challenge.Parameters.Select(pair => $"{pair.Key}={pair.Value}")])));
}
