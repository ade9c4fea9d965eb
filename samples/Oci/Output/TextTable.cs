namespace Oci.Output;

/// <summary>Columns as docker prints them: left-aligned, three spaces apart, nothing after the last.</summary>
internal sealed class TextTable(params string[] header)
{
    // As in docker's tables.
    private const int Padding = 3;
    private const int MinWidth = 10;

    private readonly List<string[]> _rows = [header];

    public void Add(params string[] row) => _rows.Add(Array.ConvertAll(row, Text.Plain));

    public void Write(TextWriter output)
    {
        var widths = Enumerable.Range(0, header.Length).Select(column => Math.Max(MinWidth, _rows.Max(row => row[column].Length) + Padding)).ToArray();
        foreach (string[] row in _rows)
            output.WriteLine(string.Concat(row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }
}
