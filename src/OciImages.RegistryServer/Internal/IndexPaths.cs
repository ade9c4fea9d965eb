using OciImages.IO;

namespace OciImages.RegistryServer.Internal;

/// <summary>
/// Where a file index has what. Folders of ours start with an underscore, which no component of a repository's name can. Only checked
/// names and digests become paths.
/// </summary>
internal sealed class IndexPaths
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    internal const UnixFileMode PrivateFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const string ManifestsName = "_manifests";
    private const string BlobsName = "_blobs";

    internal IndexPaths(string root)
    {
        Root = Path.GetFullPath(root);
        Repositories = Path.Combine(Root, "repositories");
        Locks = Path.Combine(Root, "locks");
    }

    internal string Root { get; }

    internal string Repositories { get; }

    internal string Locks { get; }

    internal string Repository(string repository) => Path.Combine(Repositories, RegistryNames.CheckRepository(repository).Replace('/', Path.DirectorySeparatorChar));

    internal string Tags(string repository) => Path.Combine(Repository(repository), "_tags");

    internal string Tag(string repository, string tag) => Path.Combine(Tags(repository), TagFileName.Of(RegistryNames.CheckTag(tag)));

    internal string Manifests(string repository) => Path.Combine(Repository(repository), ManifestsName);

    internal string Manifest(string repository, Digest digest) => Path.Combine(Manifests(repository), Name(digest));

    internal string Blobs(string repository) => Path.Combine(Repository(repository), BlobsName);

    internal string Blob(string repository, Digest digest) => Path.Combine(Blobs(repository), Name(digest));

    internal string Referrers(string repository, Digest subject) => Path.Combine(Repository(repository), "_referrers", Name(subject));

    internal static string Name(Digest digest)
    {
        RegistryNames.CheckDigest(digest);
        return $"{digest.Algorithm.Name}-{digest.Hex}";
    }

    internal static Digest? ParseName(string name)
    {
        int dash = name.IndexOf('-', StringComparison.Ordinal);
        return dash > 0 && Digest.TryParse($"{name.AsSpan(0, dash)}:{name.AsSpan(dash + 1)}", out var digest) ? digest : null;
    }

    /// <summary>Every repository that something was put into.</summary>
    internal IEnumerable<string> FindRepositories() => FindRepositories(Repositories, "");

    internal static bool IsRepository(string folder) =>
        Directory.Exists(Path.Combine(folder, ManifestsName)) || Directory.Exists(Path.Combine(folder, BlobsName));

    internal static IEnumerable<string> FileNames(string folder)
    {
        if (!Directory.Exists(folder))
            return [];
        try
        {
            return new DirectoryInfo(folder).EnumerateFiles().Select(file => file.Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "list the directory", folder);
        }
    }

    internal static void Create(string folder) => DurableDirectory.Create(folder, Private);

    private static IEnumerable<string> FindRepositories(string folder, string prefix)
    {
        if (!Directory.Exists(folder))
            yield break;
        foreach (string path in Directory.EnumerateDirectories(folder))
        {
            string name = Path.GetFileName(path);
            if (name.StartsWith('_'))
                continue;
            string repository = prefix.Length == 0 ? name : $"{prefix}/{name}";
            if (IsRepository(path))
                yield return repository;
            foreach (string inner in FindRepositories(path, repository))
                yield return inner;
        }
    }
}
