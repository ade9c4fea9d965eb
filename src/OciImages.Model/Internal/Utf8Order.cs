namespace OciImages.Internal;

/// <summary>Orders text as its UTF-8 bytes, as Go sorts map keys. UTF-16 differs where surrogates meet characters above them.</summary>
internal sealed class Utf8Order : IComparer<string>
{
    internal static Utf8Order Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        if (x is null || y is null)
            return (x is null ? 0 : 1) - (y is null ? 0 : 1);
        int common = x.AsSpan().CommonPrefixLength(y);
        return common == x.Length || common == y.Length ? x.Length - y.Length : Rank(x[common]) - Rank(y[common]);
    }

    // UTF-8 has what surrogates stand for after everything that is one UTF-16 unit.
    private static int Rank(char c) => c switch
    {
        >= '\ue000' => c - 0x800,
        >= '\ud800' => c + 0x2000,
        _ => c,
    };
}
