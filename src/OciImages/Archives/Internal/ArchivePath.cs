using System.Text;

namespace OciImages.Archives.Internal;

/// <summary>Names of an archive's members, and where its links lead: within the archive or nowhere.</summary>
internal static class ArchivePath
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The name of a member without <c>./</c> and double slashes; empty for the root.</summary>
    public static string Clean(ReadOnlySpan<byte> name) => Resolve("", Decode(name));

    /// <summary>Where a symbolic link of a member leads.</summary>
    public static string Follow(string link, ReadOnlySpan<byte> target)
    {
        int slash = link.LastIndexOf('/');
        return Resolve(slash < 0 ? "" : link[..slash], Decode(target));
    }

    /// <summary>A path below a directory of the archive.</summary>
    public static string Resolve(string directory, string path)
    {
        if (path.StartsWith('/'))
            throw Leads(path);
        var parts = new List<string>(directory.Split('/', StringSplitOptions.RemoveEmptyEntries));
        foreach (string part in path.Split('/'))
        {
            if (part is "" or ".")
                continue;
            if (part != "..")
                parts.Add(part);
            else if (parts.Count == 0)
                throw Leads(path);
            else
                parts.RemoveAt(parts.Count - 1);
        }
        return string.Join('/', parts);
    }

    private static string Decode(ReadOnlySpan<byte> name)
    {
        try
        {
            return StrictUtf8.GetString(name);
        }
        catch (DecoderFallbackException e)
        {
            throw new OciException(OciErrorKind.InvalidInput, "The archive has a member whose name is not UTF-8; no archive of images has one.", e);
        }
    }

    private static OciException Leads(string path) =>
        new(OciErrorKind.InvalidInput, $"The archive has the path \"{path}\", which leads out of it.");
}
