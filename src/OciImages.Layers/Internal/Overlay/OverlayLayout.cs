using System.Buffers;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using OciImages.Layers.Internal.Linux;

namespace OciImages.Layers.Internal.Overlay;

/// <summary>
/// The files of Docker's overlay2 driver: <c>&lt;id&gt;/diff</c> (the layer's own changes), <c>link</c> (its short name), <c>lower</c> (the
/// short names of all below, nearest first), <c>work</c>, <c>committed</c>, and <c>l/&lt;short name&gt;</c> → <c>../&lt;id&gt;/diff</c>.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class OverlayLayout(string root)
{
    /// <summary>What the kernel stacks at most.</summary>
    internal const int MaxLowers = 500;

    private const int LinkLength = 26;
    private const string LinkAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private static readonly SearchValues<char> LinkCharacters = SearchValues.Create(LinkAlphabet);

    // Not Docker's: a directory without anything, to stand below all layers.
    private string Empty => Path.Combine(root, "empty");

    internal string Links => Path.Combine(root, "l");

    internal string Layer(string id) => Path.Combine(root, LayerId.Check(id));

    internal string Diff(string id) => Path.Combine(Layer(id), "diff");

    internal string Work(string id) => Path.Combine(Layer(id), "work");

    internal string Merged(string id) => Path.Combine(Layer(id), "merged");

    /// <summary>The file with the layer's short name, which is never replaced: users of a writable mount lock it.</summary>
    internal string LinkFile(string id) => Path.Combine(Layer(id), "link");

    internal bool Exists(string id) => Directory.Exists(Layer(id));

    /// <summary>Whether the layer is a finished one, that only ever is a lower layer.</summary>
    internal bool IsCommitted(string id) => File.Exists(Path.Combine(Layer(id), "committed"));

    /// <summary>Makes the driver's own directories.</summary>
    internal void Prepare()
    {
        StoreFiles.MakeDirectory(root, StoreFiles.DriverDirectory);
        StoreFiles.MakeDirectory(Links, StoreFiles.PrivateDirectory);
        StoreFiles.MakeDirectory(Empty, StoreFiles.PublicDirectory);
    }

    /// <summary>Makes a layer's directory with an empty diff and its short name.</summary>
    internal void Create(string id)
    {
        if (Exists(id))
            throw LayerId.AlreadyExists("overlay2", id);
        StoreFiles.MakeNewDirectory(Layer(id), StoreFiles.DriverDirectory);
        StoreFiles.MakeNewDirectory(Diff(id), StoreFiles.PublicDirectory);
        string link = RandomNumberGenerator.GetString(LinkAlphabet, LinkLength);
        // Docker makes the link first; in this order a removal finds it whatever happens between.
        StoreFiles.Write(LinkFile(id), link, StoreFiles.PublicFile);
        MakeLink(id, link);
    }

    /// <summary>Puts a layer on a parent.</summary>
    internal void SetParent(string id, string? parentId)
    {
        StoreFiles.MakeDirectory(Work(id), StoreFiles.PrivateDirectory);
        if (parentId is null)
            return;
        if (!Directory.Exists(Diff(parentId)))
            throw LayerId.NotFound("overlay2", parentId);
        string[] lowers = [Link(parentId), .. Lowers(parentId)];
        if (lowers.Length >= MaxLowers)
            throw new OciException(OciErrorKind.Unsupported, $"Cannot stack layer {id}: the kernel takes at most {MaxLowers} layers.");
        SetCommitted(parentId);
        StoreFiles.Write(Path.Combine(Layer(id), "lower"), string.Join(':', lowers.Select(lower => $"l/{lower}")), StoreFiles.PublicFile);
    }

    /// <summary>Marks a layer as one that is not written any more.</summary>
    internal void SetCommitted(string id)
    {
        if (!IsCommitted(id))
            StoreFiles.Write(Path.Combine(Layer(id), "committed"), "", StoreFiles.PrivateFile);
    }

    /// <summary>Says what is missing for a mount of a layer; null when nothing is.</summary>
    internal string? FindDamage(string id, int below)
    {
        if (!Directory.Exists(Diff(id)))
            return $"its directory {Diff(id)} is missing.";
        try
        {
            string[] lowers = Lowers(id);
            if (lowers.Length != below)
                return $"its file {Path.Combine(Layer(id), "lower")} names {lowers.Length} layers, not the {below} below it.";
            return lowers.Prepend(Link(id)).FirstOrDefault(link => !Directory.Exists(LinkPath(link))) is { } dangling
                ? $"its link {LinkPath(dangling)} leads nowhere."
                : null;
        }
        catch (StorageException e)
        {
            return e.Message;
        }
    }

    /// <summary>What to mount to see a layer and all below.</summary>
    internal OverlayStack ReadOnlyStack(string id, string? label) =>
        new() { Lowers = Visible([LinkPath(Link(id)), .. Lowers(id).Select(LinkPath)]), Label = label };

    /// <summary>What to mount to change a layer.</summary>
    internal OverlayStack WritableStack(string id, string? label) =>
        new() { Lowers = Visible(Lowers(id).Select(LinkPath)), Upper = Diff(id), Work = Work(id), Label = label };

    /// <summary>The trees below a layer that are not hidden as a whole, nearest first.</summary>
    internal IReadOnlyList<string> VisibleLowers(string id) => Visible(Lowers(id).Select(LinkPath));

    /// <summary>The real directories of all layers below a layer, nearest first.</summary>
    internal IReadOnlyList<string> ResolvedLowers(string id) => [.. Lowers(id).Select(link =>
        Path.GetFullPath(Path.Combine(Links, new FileInfo(LinkPath(link)).LinkTarget ?? LinkPath(link))))];

    /// <summary>Removes the short name of a layer.</summary>
    internal void RemoveLink(string id)
    {
        if (TryReadLink(id) is { } link)
            StoreFiles.Guard("delete the link", Links, () =>
            {
                File.Delete(LinkPath(link));
                return true;
            });
    }

    // The kernel does not ask the roots of lower layers whether they are opaque: what such a root hides is left out of the stack. And
    // it wants two lower directories, or an upper one: an empty one below changes nothing.
    private List<string> Visible(IEnumerable<string> lowers)
    {
        var visible = new List<string>();
        foreach (string lower in lowers)
        {
            visible.Add(lower);
            if (OverlayWhiteouts.IsOpaque(CString.From(lower)))
                break;
        }
        if (visible.Count < 2)
            visible.Add(Empty);
        return visible;
    }

    private string Link(string id) => TryReadLink(id) ?? throw Damaged(id, "link");

    private string[] Lowers(string id)
    {
        string? lower = StoreFiles.TryRead(Path.Combine(Layer(id), "lower"));
        if (lower is null)
            return [];
        string[] links = lower.Split(':');
        for (int i = 0; i < links.Length; i++)
        {
            if (!links[i].StartsWith("l/", StringComparison.Ordinal) || !IsLink(links[i][2..]))
                throw Damaged(id, "lower");
            links[i] = links[i][2..];
        }
        return links;
    }

    /// <summary>The short name of a layer, or null when it cannot be read.</summary>
    internal string? TryReadLink(string id) => StoreFiles.TryRead(LinkFile(id)) is { } link && IsLink(link) ? link : null;

    /// <summary>Makes the link for a short name, unless it is there.</summary>
    internal void MakeLink(string id, string link) => StoreFiles.Guard("make the link", Links, () =>
    {
        if (new FileInfo(LinkPath(link)).LinkTarget is null)
            File.CreateSymbolicLink(LinkPath(link), $"../{id}/diff");
        return true;
    });

    internal string LinkPath(string link) => Path.Combine(Links, link);

    private static bool IsLink(string link) => link.Length == LinkLength && !link.AsSpan().ContainsAnyExcept(LinkCharacters);

    private StorageException Damaged(string id, string file) =>
        new(OciErrorKind.Corrupt, $"The file {file} of overlay2 layer {id} is damaged.", Path.Combine(Layer(id), file));
}
