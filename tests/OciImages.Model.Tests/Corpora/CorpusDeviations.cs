using OciImages.TestSupport;

namespace OciImages.Tests.Corpora;

/// <summary>
/// The rows from which we deviate on purpose. <see cref="CorpusRow.Check"/> sees to it that each still deviates, and
/// <see cref="CorpusCoverageTests"/> that each exists.
/// </summary>
public static class CorpusDeviations
{
    public static IReadOnlyList<(string Corpus, string Table, int Row, string Reason)> All { get; } =
    [
        ("reference.json", "reference_test.go TestWithTag 1", 4, "a Digest of 37 digits cannot be made"),
        ("reference.json", "reference_test.go TestWithDigest 1", 0, "a Digest of 37 digits cannot be made"),
        ("reference.json", "reference_test.go TestWithDigest 1", 1, "a Digest of 37 digits cannot be made"),
        ("reference.json", "reference_test.go TestWithDigest 1", 2, "a Digest of 37 digits cannot be made"),
        ("reference.json", "reference_test.go TestWithDigest 1", 3, "a Digest of 37 digits cannot be made"),
    ];

    public static string? Find(string corpus, CorpusFile.Table table, int row) =>
        All.Where(d => d.Corpus == corpus && d.Table == table.Key && d.Row == row).Select(d => d.Reason).SingleOrDefault();
}
