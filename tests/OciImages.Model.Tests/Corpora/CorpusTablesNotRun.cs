using OciImages.TestSupport;

namespace OciImages.Tests.Corpora;

/// <summary>The tables that no test of this project runs, and why.</summary>
public static class CorpusTablesNotRun
{
    private const string LoopOverOthers = "no cases: the list that a loop over another table's rows uses";

    public static IReadOnlyList<Entry> All { get; } =
    [
        new("reference.json", "normalize_test.go TestParseRepositoryInfo 2", 2, LoopOverOthers),
        new("reference.json", "reference_test.go TestSerialization 2", 2, LoopOverOthers),
        new("platforms.json", "compare_test.go TestCompareOSFeatures 2", 4, "no cases: the comparers that the first table is run with"),
        new("platforms.json", "cpuinfo_linux_test.go", 11, "/proc/cpuinfo is not read: .NET tells the architecture and its variant"),
        new("platforms.json", "defaults_test.go TestWindowsMatchComparerLess 1", 5, "the input of table 2, which runs"),
    ];

    /// <summary>All tables whose key begins with a text, and how many rows they have together.</summary>
    public sealed record Entry(string Corpus, string Prefix, int Rows, string Reason)
    {
        public bool Covers(CorpusFile.Table table) => table.Key.StartsWith(Prefix, StringComparison.Ordinal);
    }
}
