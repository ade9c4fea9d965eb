using System.Xml.Linq;
using OciImages.TestSupport;

namespace OciImages.ArchitectureTests;

/// <summary>Reads every project file and fails when an arrow appears that the architecture does not draw (docs/architecture.md).</summary>
public class ProjectGraphTests
{
    // From each assembly, those it may see directly.
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["OciImages.Model"] = [],
        ["OciImages.Registry"] = ["OciImages.Model"],
        ["OciImages.Content"] = ["OciImages.Model"],
        ["OciImages.Layers"] = ["OciImages.Model"],
        ["OciImages.References"] = ["OciImages.Model"],
        ["OciImages.Transfers"] = ["OciImages.Registry", "OciImages.Content", "OciImages.Layers"],
        ["OciImages"] = ["OciImages.Transfers", "OciImages.References"],
        ["OciImages.RegistryServer"] = ["OciImages.Content"],
        ["OciImages.Testing"] = ["OciImages.RegistryServer"],
    };

    // Packages that would pull in more than an assembly is for; analyzers aside, only those named may be used.
    private static readonly Dictionary<string, string[]> Packages = new()
    {
        ["OciImages.Model"] = [],
        ["OciImages.Registry"] = ["Microsoft.Extensions.Logging.Abstractions"],
        ["OciImages.Content"] = ["Microsoft.Extensions.Logging.Abstractions"],
        ["OciImages.Layers"] = ["Microsoft.Extensions.Logging.Abstractions", "ZstdSharp.Port"],
        ["OciImages.References"] = ["Microsoft.Extensions.Logging.Abstractions"],
        ["OciImages.Transfers"] = ["Microsoft.Extensions.Logging.Abstractions"],
        ["OciImages"] =
        [
            "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Options",
            "System.IO.Hashing",
        ],
        ["OciImages.RegistryServer"] = [],
        ["OciImages.Testing"] = [],
    };

    // ASP.NET is for what answers requests.
    private static readonly Dictionary<string, string[]> Frameworks = new()
    {
        ["OciImages.RegistryServer"] = ["Microsoft.AspNetCore.App"],
        ["OciImages.Testing"] = ["Microsoft.AspNetCore.App"],
    };

    public static TheoryData<string> Projects =>
        [.. Directory.GetDirectories(Path.Combine(RepositoryRoot.Path, "src")).Select(directory => Path.GetFileName(directory)!)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void ProjectReferences_OfEveryAssembly_FollowTheArrows(string project)
    {
        Assert.True(Arrows.ContainsKey(project), $"{project} is not in the architecture.");
        var references = References(project, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path));
        Assert.Empty(references.Except(Arrows[project]));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void PackageReferences_OfEveryAssembly_AreThoseNamed(string project) =>
        Assert.Empty(References(project, "PackageReference").Except(Packages[project]));

    [Theory]
    [MemberData(nameof(Projects))]
    public void FrameworkReferences_OfEveryAssembly_AreThoseNamed(string project) =>
        Assert.Empty(References(project, "FrameworkReference").Except(Frameworks.GetValueOrDefault(project, [])));

    [Fact]
    public void Samples_SeeOnlyPublicPackages_NotEachOther()
    {
        foreach (string file in Directory.GetFiles(Path.Combine(RepositoryRoot.Path, "samples"), "*.csproj", SearchOption.AllDirectories))
        {
            var references = XDocument.Load(file).Descendants("ProjectReference").Select(element => (string)element.Attribute("Include")!);
            Assert.All(references, reference => Assert.StartsWith("../../src/", reference, StringComparison.Ordinal));
        }
    }

    private static IEnumerable<string> References(string project, string kind) =>
        XDocument.Load(Path.Combine(RepositoryRoot.Path, "src", project, $"{project}.csproj"))
            .Descendants(kind)
            .Select(element => (string)element.Attribute("Include")!);
}
