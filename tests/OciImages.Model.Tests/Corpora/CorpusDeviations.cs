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
        ("ggcr.json", "pkg/v1/platform_test.go TestPlatformString 1", 0, "an empty platform prints as containerd has it: unknown"),
        ("ggcr.json", "pkg/v1/platform_test.go TestPlatformString 1", 3, "the version is printed as containerd has it: linux(1.2.3.4)/amd64"),
        ("ggcr.json", "pkg/v1/platform_test.go TestPlatformEquals 1", 8, "the field features is reserved by the specification and not kept"),
        ("ggcr.json", "pkg/v1/platform_test.go TestPlatformSatisfies 1", 3, "only Windows' versions are compared, as in containerd and moby"),
        ("ggcr.json", "pkg/v1/platform_test.go TestPlatformSatisfies 1", 6, "features that the host does not have do not match, as in containerd"),
        ("ggcr.json", "pkg/v1/platform_test.go TestPlatformSatisfies 1", 9, "the field features is reserved by the specification and not kept"),
        ("ggcr.json", "pkg/v1/platform_test.go TestPlatformSatisfies 1", 11, "the field features is reserved by the specification and not kept"),
        ("ggcr.json", "pkg/v1/remote/index_test.go TestMatchesPlatform 1", 4, "arm without variant is arm/v7 and no wildcard, as in containerd"),
        ("ggcr.json", "pkg/v1/remote/index_test.go TestMatchesPlatform 1", 6, "features that the host does not have do not match, as in containerd"),
    ];

    public static string? Find(string corpus, CorpusFile.Table table, int row) =>
        All.Where(d => d.Corpus == corpus && d.Table == table.Key && d.Row == row).Select(d => d.Reason).SingleOrDefault();
}
