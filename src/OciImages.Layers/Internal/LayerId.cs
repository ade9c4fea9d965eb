using System.Buffers;

namespace OciImages.Layers.Internal;

/// <summary>The ids by which drivers know layers: they become parts of paths, so nothing else may pass.</summary>
internal static class LayerId
{
    private const int Length = 64;
    internal const string InitSuffix = "-init";

    /// <summary>The characters of ids and of other random names.</summary>
    internal static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    /// <summary>Lets an id pass or throws.</summary>
    /// <param name="id">64 lower-case hexadecimal characters; Docker's init layers have <c>-init</c> behind.</param>
    internal static string Check(string id) => IsValid(id)
        ? id
        : throw new OciException(OciErrorKind.InvalidInput, "A layer id must have 64 lower-case hexadecimal characters.");

    internal static bool IsValid(string id)
    {
        var hex = id.AsSpan();
        if (hex.EndsWith(InitSuffix, StringComparison.Ordinal))
            hex = hex[..^InitSuffix.Length];
        return hex.Length == Length && !hex.ContainsAnyExcept(LowerHex);
    }

    internal static OciException NotFound(string driver, string id) => new(OciErrorKind.NotFound, $"The driver {driver} has no layer {id}.");

    internal static OciException AlreadyExists(string driver, string id) =>
        new(OciErrorKind.AlreadyExists, $"The driver {driver} has a layer {id} already.");
}
