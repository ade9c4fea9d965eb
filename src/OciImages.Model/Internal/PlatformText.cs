using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace OciImages.Internal;

/// <summary>
/// The text form of platforms, <c>os[(version+feature+…)][/architecture[/variant]]</c>, as containerd/platforms has it.
/// </summary>
internal static class PlatformText
{
    private const string Alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private static readonly SearchValues<char> OsCharacters = SearchValues.Create(Alphanumeric + "_-");
    private static readonly SearchValues<char> PartCharacters = SearchValues.Create(Alphanumeric + "_.-");
    private static readonly SearchValues<char> OptionCharacters = SearchValues.Create(Alphanumeric + "_.%-");
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal static bool TryParse(string text, [NotNullWhen(true)] out Platform? platform, [NotNullWhen(false)] out string? fault)
    {
        platform = null;
        if (text.Contains('*', StringComparison.Ordinal))
        {
            fault = "wildcards are not supported";
            return false;
        }
        string[] parts = text.Split('/', 4);
        if (parts.Length > 3)
        {
            fault = "it has more than three parts";
            return false;
        }
        if (!TryParseOs(parts[0], out var os))
        {
            fault = "its operating system must be letters, digits, _ and -, with version and features in parentheses";
            return false;
        }
        if (parts[1..].Any(part => part.Length == 0 || part.AsSpan().ContainsAnyExcept(PartCharacters)))
        {
            fault = "architecture and variant must be letters, digits, _, . and -";
            return false;
        }
        platform = parts.Length == 1 ? FromOnePart(os, parts[0]) : FromParts(os, parts[1], parts.Length == 3 ? parts[2] : "");
        fault = platform is null ? "it is no known operating system or architecture" : null;
        return platform is not null;
    }

    internal static string Format(Platform platform)
    {
        if (platform.Os.Length == 0)
            return "unknown";
        var text = new StringBuilder(platform.Os);
        string[] features = [.. platform.OsFeatures.Where(f => f.Length > 0).Distinct().Order(StringComparer.Ordinal)];
        if (platform.OsVersion is not null || features.Length > 0)
        {
            text.Append('(');
            AppendOption(text, platform.OsVersion ?? "");
            foreach (string feature in features)
                AppendOption(text.Append('+'), feature);
            text.Append(')');
        }
        if (platform.Architecture.Length > 0)
            text.Append('/').Append(platform.Architecture);
        if (platform.Variant is not null)
            text.Append('/').Append(platform.Variant);
        return text.ToString();
    }

    private static Platform? FromOnePart(Platform os, string part)
    {
        var host = Platform.Current;
        if (PlatformNames.IsKnownOs(os.Os))
        {
            string? variant = host is { Architecture: "arm", Variant: not "v7" } ? host.Variant : null;
            return os with { Architecture = host.Architecture, Variant = variant };
        }
        var platform = FromParts(os with { Os = host.Os }, part, "");
        return PlatformNames.IsKnownArchitecture(platform.Architecture) ? platform : null;
    }

    private static Platform FromParts(Platform os, string architecture, string variant)
    {
        bool given = variant.Length > 0;
        (architecture, variant) = PlatformNames.Normalize(architecture, variant);
        // Say again what the user said, and nothing that he did not.
        if (!given && (architecture, variant) is ("arm", "v7"))
            variant = "";
        else if (given && (architecture, variant) is ("arm64", ""))
            variant = "v8";
        return os with { Architecture = architecture, Variant = variant };
    }

    private static bool TryParseOs(string part, [NotNullWhen(true)] out Platform? os)
    {
        os = null;
        int open = part.IndexOf('(', StringComparison.Ordinal);
        string name = open < 0 ? part : part[..open];
        if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(OsCharacters) || (open >= 0 && !part.EndsWith(')')))
            return false;
        string? version = null;
        var features = new List<string>();
        if (open >= 0)
        {
            string[] options = part[(open + 1)..^1].Split('+');
            for (int i = 0; i < options.Length; i++)
            {
                if (!TryDecodeOption(options[i], out string? option) || (i > 0 && options[i].Length == 0))
                    return false;
                if (i == 0)
                    version = option;
                else
                    features.Add(option);
            }
        }
        os = new Platform(PlatformNames.NormalizeOs(name), "") { OsVersion = version, OsFeatures = features };
        return true;
    }

    private static bool TryDecodeOption(string text, [NotNullWhen(true)] out string? option)
    {
        option = null;
        if (text.AsSpan().ContainsAnyExcept(OptionCharacters))
            return false;
        byte[] bytes = new byte[text.Length];
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            int value = text[i];
            if (text[i] == '%')
            {
                if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
                    return false;
                value = Convert.FromHexString(text.AsSpan(i + 1, 2))[0];
                i += 2;
            }
            bytes[length++] = (byte)value;
        }
        try
        {
            option = Utf8.GetString(bytes, 0, length);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    // containerd escapes only what would be ambiguous; whatever else does not parse is escaped here, too.
    private static void AppendOption(StringBuilder text, string option)
    {
        if (!option.AsSpan().ContainsAnyExcept(PartCharacters))
        {
            text.Append(option);
            return;
        }
        foreach (byte b in Encoding.UTF8.GetBytes(option))
        {
            if (b < 0x80 && PartCharacters.Contains((char)b))
                text.Append((char)b);
            else
                text.Append('%').Append(Convert.ToHexString([b]));
        }
    }
}
