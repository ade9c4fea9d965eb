using System.Text;

namespace OciImages.TestSupport.Servers;

/// <summary>A request as a <see cref="FaultServer"/> got it.</summary>
/// <param name="Index">Its number at that server, from 0.</param>
/// <param name="Method">The method.</param>
/// <param name="Target">Path and query.</param>
/// <param name="Headers">The headers; names without regard to case, equal ones joined by a comma.</param>
/// <param name="Body">The body.</param>
public sealed record FaultRequest(int Index, string Method, string Target, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    /// <summary>The path.</summary>
    public string Path => Target.Split('?')[0];

    /// <summary>Whether the connection was reset within the body: what is here of it is all, and no answer arrives.</summary>
    public bool IsCut { get; init; }

    /// <summary>What it was answered before its body was sent; null when it was not.</summary>
    public FaultResponse? EarlyAnswer { get; init; }

    public string? Authorization => Headers.GetValueOrDefault("Authorization");

    /// <summary>The first and last byte of the <c>Range</c> header; null without one.</summary>
    public (long First, long Last)? Range
    {
        get
        {
            if (!Headers.TryGetValue("Range", out string? text))
                return null;
            string[] parts = text["bytes=".Length..].Split('-');
            return (long.Parse(parts[0], null), parts[1].Length == 0 ? long.MaxValue : long.Parse(parts[1], null));
        }
    }

    /// <summary>The fields of the query, decoded; of equal ones all.</summary>
    public ILookup<string, string> Query => Fields(Target.Contains('?') ? Target[(Target.IndexOf('?') + 1)..] : "");

    /// <summary>The fields of a form body, decoded.</summary>
    public ILookup<string, string> Form => Fields(Encoding.UTF8.GetString(Body));

    private static ILookup<string, string> Fields(string text) => text
        .Split('&', StringSplitOptions.RemoveEmptyEntries)
        .Select(pair => pair.Split('=', 2))
        .ToLookup(pair => Uri.UnescapeDataString(pair[0]), pair => Uri.UnescapeDataString(pair.ElementAtOrDefault(1)?.Replace('+', ' ') ?? ""));
}
