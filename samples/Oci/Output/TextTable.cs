namespace Oci.Output;

/// <summary>Columns as docker prints them: left-aligned, three spaces apart, nothing after the last.</summary>
internal sealed class TextTable(params string[] header)
{
    private readonly List<string[]> _rows = [header];

    public void Add(params string[] row) => _rows.Add(row);

    public void Write(TextWriter output)
    {
        var widths = Enumerable.Range(0, header.Length).Select(column => _rows.Max(row => row[column].Length)).ToArray();
        foreach (string[] row in _rows)
            output.WriteLine(string.Concat(row.Select((cell, column) => cell.PadRight(widths[column] + 3))).TrimEnd());
    }
}
