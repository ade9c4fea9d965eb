using System.Collections.Concurrent;
using System.Text.Json;

namespace OciImages.TestSupport;

/// <summary>
/// One JSON file of <c>tests/corpora</c>: the tables that other projects' tests are made of. An expression that its maker could not
/// evaluate stands as an object such as <c>{"$ident": "ErrNameEmpty"}</c>, <c>{"$call": …, "args": […]}</c> or <c>{"$src": …}</c>.
/// </summary>
public sealed class CorpusFile
{
    private static readonly ConcurrentDictionary<string, CorpusFile> Loaded = new();

    private CorpusFile(string name, IReadOnlyList<Table> tables)
    {
        Name = name;
        Tables = tables;
    }

    /// <summary>The file below <c>tests/corpora</c>.</summary>
    public string Name { get; }

    /// <summary>The tables, in the order of the file.</summary>
    public IReadOnlyList<Table> Tables { get; }

    /// <summary>Reads a file, once for the whole run.</summary>
    public static CorpusFile Load(string name) => Loaded.GetOrAdd(name, Read);

    /// <summary>Finds a table.</summary>
    /// <param name="file">The end of the source file's name.</param>
    /// <param name="func">The function or variable that holds the table.</param>
    /// <param name="n">Which table of the function, from 1.</param>
    /// <param name="copy">Which of several tables with the same origin, from 1.</param>
    public Table Find(string file, string func, int n = 1, int copy = 1) =>
        Tables.Single(t => t.File.EndsWith('/' + file, StringComparison.Ordinal) && t.Func == func && t.N == n && t.Copy == copy);

    private static CorpusFile Read(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(RepositoryRoot.Corpus(name)));
        var tables = new List<Table>();
        var seen = new Dictionary<(string, string, int), int>();
        foreach (var table in document.RootElement.Clone().EnumerateArray())
        {
            string file = table.GetProperty("file").GetString()!;
            string func = table.GetProperty("func").GetString()!;
            int n = table.GetProperty("n").GetInt32();
            int copy = seen[(file, func, n)] = seen.GetValueOrDefault((file, func, n)) + 1;
            tables.Add(new Table(file, func, n, copy, Rows(table.GetProperty("rows"))));
        }
        return new CorpusFile(name, tables);
    }

    // A map of strings is an object, other maps are lists of key and value: both become the latter.
    private static JsonElement[] Rows(JsonElement rows) => rows.ValueKind == JsonValueKind.Object
        ? [.. rows.EnumerateObject().Select(p => JsonSerializer.SerializeToElement(new { key = p.Name, value = p.Value }))]
        : [.. rows.EnumerateArray()];

    /// <summary>One table: where it is from, and its rows.</summary>
    public sealed record Table(string File, string Func, int N, int Copy, IReadOnlyList<JsonElement> Rows)
    {
        /// <summary>Names the table in lists and messages.</summary>
        public string Key => $"{File[(File.IndexOf('/', StringComparison.Ordinal) + 1)..]} {Func} {N}" + (Copy == 1 ? "" : $" copy {Copy}");
    }
}
