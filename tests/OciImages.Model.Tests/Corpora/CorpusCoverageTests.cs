using System.Reflection;
using OciImages.TestSupport;

namespace OciImages.Tests.Corpora;

/// <summary>No table of the corpora that concern this project is left out silently.</summary>
public class CorpusCoverageTests
{
    private static readonly CorpusTableAttribute[] Run =
    [
        .. typeof(CorpusCoverageTests).Assembly.GetTypes()
            .SelectMany(t => t.GetMethods())
            .SelectMany(m => m.GetCustomAttributes<CorpusTableAttribute>()),
    ];

    [Theory]
    [InlineData("reference.json", 24)]
    [InlineData("platforms.json", 22)]
    [InlineData("digest.json", 4)]
    [InlineData("imagespec.json", 19)]
    [InlineData("containerd.json", 56)]
    [InlineData("ggcr.json", 152)]
    public void EveryTable_IsRunOrListed(string corpus, int tables)
    {
        var file = CorpusFile.Load(corpus);
        Assert.Equal(tables, file.Tables.Count);
        var run = Run.Where(t => t.Corpus == corpus).Select(t => t.Table.Key).ToList();
        Assert.Equal(run.Count, run.Distinct().Count());
        foreach (var table in file.Tables)
        {
            var reasons = CorpusTablesNotRun.All.Where(t => t.Corpus == corpus && t.Covers(table)).ToList();
            Assert.True(run.Contains(table.Key) ? reasons.Count == 0 : reasons.Count == 1, $"{corpus}: {table.Key} ({table.Rows.Count} rows)");
        }
    }

    [Fact]
    public void EveryListedReason_CoversWhatItSays()
    {
        foreach (var listed in CorpusTablesNotRun.All)
            Assert.Equal(listed.Rows, CorpusFile.Load(listed.Corpus).Tables.Where(listed.Covers).Sum(t => t.Rows.Count));
    }

    [Fact]
    public void EveryDeviation_IsARowThatRuns()
    {
        foreach (var (corpus, key, row, _) in CorpusDeviations.All)
        {
            var table = Assert.Single(Run, t => t.Corpus == corpus && t.Table.Key == key).Table;
            Assert.InRange(row, 0, table.Rows.Count - 1);
        }
    }
}
