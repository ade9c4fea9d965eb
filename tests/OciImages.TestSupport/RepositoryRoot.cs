namespace OciImages.TestSupport;

/// <summary>Finds files of the source tree from wherever a test runs.</summary>
public static class RepositoryRoot
{
    public static string Path { get; } = Find();

    /// <summary>A file or directory below <c>tests/corpora</c>.</summary>
    public static string Corpus(string relative) => System.IO.Path.Combine(Path, "tests", "corpora", relative);

    private static string Find()
    {
        for (string? directory = AppContext.BaseDirectory; directory is not null; directory = System.IO.Path.GetDirectoryName(directory))
        {
            if (File.Exists(System.IO.Path.Combine(directory, "OciImages.sln")))
                return directory;
        }
        throw new InvalidOperationException($"No OciImages.sln above {AppContext.BaseDirectory}.");
    }
}
