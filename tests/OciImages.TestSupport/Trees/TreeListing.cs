using OciImages.TestSupport.Processes;

namespace OciImages.TestSupport.Trees;

/// <summary>
/// Everything that can be seen of a file tree, one line per inode name: type, mode, owner, group, link count, time in nanoseconds, size
/// (not of directories), device, symbolic link's target, extended attributes, digest of the content.
/// </summary>
public static class TreeListing
{
    private const string Script = """
        find . -mindepth ${1:-0} -printf '%P\t%y %m %U %G n=%n t=%T@ s=%s l=%l\n' | sed -E '/\td /{s/ n=[0-9]+ / /;s/ s=[0-9]+ / /}'
        find . -mindepth ${1:-0} \( -type c -o -type b \) -print0 | xargs -0r stat -c 'device %n %t:%T'
        getfattr -R -P -h -d -m - -e hex --absolute-names . | awk '/^# file: / { f = substr($0, 9) } /=/ && !/^#/ && !/^system\./ && !/^trusted\.overlay\./ { print "xattr " f " " $0 }'
        find . -type f -print0 | xargs -0r sha256sum
        """;

    /// <summary>Lists a tree, sorted.</summary>
    /// <param name="root">The tree's root.</param>
    /// <param name="withRoot">Whether the root itself is listed.</param>
    public static async Task<string[]> ReadAsync(string root, bool withRoot = true)
    {
        string output = await Command.BashAsync(root, $"set -- {(withRoot ? 0 : 1)}\n{Script}");
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Array.Sort(lines, StringComparer.Ordinal);
        return lines;
    }
}
