using System.Globalization;

namespace OciImages.Internal;

/// <summary>Which architectures run the programs of which others, best first; as containerd/platforms has it.</summary>
internal static class CompatibleArchitectures
{
    private const int LastV8Minor = 9;

    /// <summary>The normalised architectures and variants whose programs run on a normalised one, itself first.</summary>
    internal static List<(string Architecture, string Variant)> Of(string architecture, string variant)
    {
        var order = new List<(string Architecture, string Variant)>();
        switch (architecture)
        {
            case "amd64":
                AddDescending(architecture, variant, lowest: 1, order);
                order.Add(("386", ""));
                break;
            case "arm":
                AddDescending(architecture, variant, lowest: 5, order);
                break;
            case "arm64" when ParseArm64(variant) is var (major, minor):
                // v9.x has what v8.(x+5) has, as far as there is such a one.
                if (major == 9)
                    AddMinors(9, minor, order);
                AddMinors(8, major == 9 ? Math.Min(minor + 5, LastV8Minor) : minor, order);
                AddDescending("arm", "v8", lowest: 5, order);
                break;
            default:
                order.Add((architecture, variant));
                break;
        }
        return order;
    }

    private static void AddDescending(string architecture, string variant, int lowest, List<(string, string)> order)
    {
        order.Add((architecture, variant));
        int version = variant.Length == 2 && variant[0] == 'v' && char.IsAsciiDigit(variant[1]) ? variant[1] - '0' : 0;
        while (--version >= lowest)
            order.Add(PlatformNames.Normalize(architecture, Variant(version)));
    }

    private static void AddMinors(int major, int minor, List<(string, string)> order)
    {
        for (; minor > 0; minor--)
            order.Add(("arm64", $"{Variant(major)}.{minor.ToString(CultureInfo.InvariantCulture)}"));
        order.Add(PlatformNames.Normalize("arm64", Variant(major)));
    }

    private static (int Major, int Minor)? ParseArm64(string variant) => variant switch
    {
        "" => (8, 0),
        "v9" => (9, 0),
        ['v', '8' or '9', '.', >= '1' and <= '9'] => (variant[1] - '0', variant[3] - '0'),
        _ => null,
    };

    private static string Variant(int version) => "v" + version.ToString(CultureInfo.InvariantCulture);
}
