using OciImages.TestSupport;

namespace OciImages.Tests.Corpora;

/// <summary>
/// The rows from which we deviate on purpose. <see cref="CorpusRow.Check"/> sees to it that each still deviates, and
/// <see cref="CorpusCoverageTests"/> that each exists.
/// </summary>
public static class CorpusDeviations
{
    private const string ShortDigest = "a digest that is too short cannot be made";
    private const string Algorithm = "an algorithm that is not registered, which the specification lets implementations refuse";
    private const string Features = "the field features is reserved by the specification and not kept";
    private const string Unserved = "features that the host does not have do not match, as in containerd";
    private const string OtherFamily = "Docker's type for OCI's or the reverse is a contradiction, too, as in moby";
    private const string Embedded = "content that is not what its descriptor says is refused, not ignored";
    private const string BareVariable = "Docker takes a variable without a value, and nothing here reads it";
    private const string NoWildcard = "arm without variant is arm/v7 and no wildcard, as in containerd";
    private const string AsContainerd = "the version is printed as containerd has it: linux(1.2.3.4)/amd64";
    private const string WindowsOnly = "only Windows' versions are compared, as in containerd and moby";
    private const string Unknown = "an empty platform prints as containerd has it: unknown";

    public static IReadOnlyList<(string Corpus, string Table, int Row, string Reason)> All { get; } =
    [
        ("reference.json", "reference_test.go TestWithTag 1", 4, ShortDigest),
        ("reference.json", "reference_test.go TestWithDigest 1", 0, ShortDigest),
        ("reference.json", "reference_test.go TestWithDigest 1", 1, ShortDigest),
        ("reference.json", "reference_test.go TestWithDigest 1", 2, ShortDigest),
        ("reference.json", "reference_test.go TestWithDigest 1", 3, ShortDigest),
        ("ggcr.json", "pkg/v1/platform_test.go TestPlatformString 1", 0, Unknown),
        ("ggcr.json", "pkg/v1/platform_test.go TestPlatformString 1", 3, AsContainerd),
        ("ggcr.json", "pkg/v1/platform_test.go TestPlatformEquals 1", 8, Features),
        ("ggcr.json", "pkg/v1/platform_test.go TestPlatformSatisfies 1", 3, WindowsOnly),
        ("ggcr.json", "pkg/v1/platform_test.go TestPlatformSatisfies 1", 6, Unserved),
        ("ggcr.json", "pkg/v1/platform_test.go TestPlatformSatisfies 1", 9, Features),
        ("ggcr.json", "pkg/v1/platform_test.go TestPlatformSatisfies 1", 11, Features),
        ("ggcr.json", "pkg/v1/remote/index_test.go TestMatchesPlatform 1", 4, NoWildcard),
        ("ggcr.json", "pkg/v1/remote/index_test.go TestMatchesPlatform 1", 6, Unserved),
        ("imagespec.json", "schema/descriptor_test.go TestDescriptor 1", 14, Algorithm),
        ("imagespec.json", "schema/descriptor_test.go TestDescriptor 1", 15, Algorithm),
        ("imagespec.json", "schema/descriptor_test.go TestDescriptor 1", 16, Algorithm),
        ("imagespec.json", "schema/descriptor_test.go TestDescriptor 1", 17, Algorithm),
        ("imagespec.json", "schema/descriptor_test.go TestDescriptor 1", 18, Algorithm),
        ("imagespec.json", "schema/descriptor_test.go TestDescriptor 1", 19, Algorithm),
        ("imagespec.json", "schema/manifest_test.go TestManifest 1", 4, Algorithm),
        ("imagespec.json", "schema/config_test.go TestConfig 1", 6, BareVariable),
        ("imagespec.json", "schema/descriptor_test.go TestDescriptor 1 copy 2", 14, Algorithm),
        ("imagespec.json", "schema/descriptor_test.go TestDescriptor 1 copy 2", 15, Algorithm),
        ("imagespec.json", "schema/descriptor_test.go TestDescriptor 1 copy 2", 16, Algorithm),
        ("imagespec.json", "schema/descriptor_test.go TestDescriptor 1 copy 2", 17, Algorithm),
        ("imagespec.json", "schema/descriptor_test.go TestDescriptor 1 copy 2", 18, Algorithm),
        ("imagespec.json", "schema/descriptor_test.go TestDescriptor 1 copy 2", 19, Algorithm),
        ("imagespec.json", "schema/manifest_test.go TestManifest 1 copy 2", 4, Algorithm),
        ("imagespec.json", "schema/config_test.go TestConfig 1 copy 2", 6, BareVariable),
        ("digest.json", "digest_test.go TestParseDigest 1", 1, "sha384 is no registered algorithm of the OCI specification"),
        ("containerd.json", "core/images/image_test.go TestValidateMediaType 4", 0, OtherFamily),
        ("containerd.json", "core/images/image_test.go TestValidateMediaType 4", 1, OtherFamily),
        ("containerd.json", "core/images/image_test.go TestValidateMediaType 4", 2, OtherFamily),
        ("containerd.json", "core/images/image_test.go TestValidateMediaType 4", 3, OtherFamily),
        ("containerd.json", "pkg/reference/reference_test.go TestReferenceParser 1", 1, ShortDigest),
        ("containerd.json", "pkg/reference/reference_test.go TestReferenceParser 1", 2, ShortDigest),
        ("containerd.json", "pkg/reference/reference_test.go TestReferenceParser 1", 3, ShortDigest),
        ("containerd.json", "core/content/helpers_test.go TestUseDescriptorData 1", 2, Embedded),
        ("containerd.json", "core/content/helpers_test.go TestUseDescriptorData 1", 3, Embedded),
        ("containerd.json", "core/content/helpers_test.go TestUseDescriptorData 1", 5, Embedded),
        ("containerd.json", "core/content/helpers_test.go TestBlobReadSeeker_WithDescriptorData 1", 3, Embedded),
        ("containerd.json", "core/content/helpers_test.go TestBlobReadSeeker_WithDescriptorData 1", 4, Embedded),
        ("containerd.json", "core/content/helpers_test.go TestReadBlob_WithDescriptorData 1", 3, Embedded),
        ("containerd.json", "core/content/helpers_test.go TestReadBlob_WithDescriptorData 1", 4, Embedded),
    ];

    public static string? Find(string corpus, CorpusFile.Table table, int row) =>
        All.Where(d => d.Corpus == corpus && d.Table == table.Key && d.Row == row).Select(d => d.Reason).SingleOrDefault();
}
