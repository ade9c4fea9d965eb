using System.Text.RegularExpressions;
using OciImages.TestSupport;

namespace OciImages.ArchitectureTests;

/// <summary>Rules about the source text that compilers do not check.</summary>
public partial class SourceRulesTests
{
    private const int MaxLines = 500;

    private static readonly string[] Sources = [.. new[] { "src", "tests", "samples" }
        .Select(folder => Path.Combine(RepositoryRoot.Path, folder))
        .SelectMany(folder => Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories))
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))];

    [Fact]
    public void SourceFiles_All_HaveAtMost500Lines() =>
        Assert.Empty(Sources.Where(file => File.ReadLines(file).Count() > MaxLines).Select(Relative));

    [Fact]
    public void SourceFiles_OfLibraries_DeclareOneTopLevelTypeNamedAsTheFile()
    {
        var wrong = new List<string>();
        foreach (string file in Sources.Where(IsLibrary))
        {
            var types = TopLevelType().Matches(File.ReadAllText(file)).Select(match => match.Groups["name"].Value).Distinct().ToList();
            // Partial types may be split by aspect: Type.Aspect.cs.
            string expected = Path.GetFileName(file).Split('.')[0];
            if (types.Count != 1 || types[0] != expected)
                wrong.Add($"{Relative(file)}: {string.Join(", ", types)}");
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void LibraryImports_OutsideTheirHomes_DoNotAppear()
    {
        // Decision 001: durability calls in the model, file-system calls in the layers; one file each.
        var files = Sources.Where(IsLibrary).Where(file => File.ReadAllText(file).Contains("[LibraryImport(", StringComparison.Ordinal)).Select(Relative);
        Assert.True(files.Count() <= 2, string.Join(", ", files));
    }

    private static bool IsLibrary(string file) => Relative(file).StartsWith("src/", StringComparison.Ordinal);

    private static string Relative(string file) => Path.GetRelativePath(RepositoryRoot.Path, file);

    [GeneratedRegex(@"^(?:public |internal |file |static |sealed |abstract |readonly |partial |unsafe |ref )*(?:class|struct|interface|enum|record struct|record)\s+(?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex TopLevelType();
}
