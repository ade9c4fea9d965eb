using System.Reflection;
using OciImages.TestSupport;
using Xunit.Sdk;
using Xunit.v3;

namespace OciImages.Tests.Corpora;

/// <summary>Runs a theory, whose one parameter is a <see cref="CorpusRow"/>, with every row of a table of a corpus file.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class CorpusTableAttribute(string corpus, string file, string func, int rows) : DataAttribute
{
    public string Corpus { get; } = corpus;

    public string File { get; } = file;

    public string Func { get; } = func;

    /// <summary>How many rows the table must have: a row that vanishes is noticed.</summary>
    public int Rows { get; } = rows;

    public int N { get; set; } = 1;

    public int Copy { get; set; } = 1;

    public CorpusFile.Table Table => CorpusFile.Load(Corpus).Find(File, Func, N, Copy);

    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker)
    {
        var table = Table;
        if (table.Rows.Count != Rows)
            throw new InvalidOperationException($"{Corpus}: {table.Key} has {table.Rows.Count} rows, not {Rows}.");
        return new([.. table.Rows.Select((row, i) => new TheoryDataRow(new CorpusRow(Corpus, table, i, row)))]);
    }

    public override bool SupportsDiscoveryEnumeration() => false;
}
