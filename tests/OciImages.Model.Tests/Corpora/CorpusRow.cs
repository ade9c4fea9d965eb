using System.Text.Json;
using OciImages.TestSupport;
using Xunit.Sdk;

namespace OciImages.Tests.Corpora;

/// <summary>A row of a table, together with the reason why we deviate from it, if we do.</summary>
public sealed class CorpusRow(string corpus, CorpusFile.Table table, int index, JsonElement json)
{
    private readonly string? _deviation = CorpusDeviations.Find(corpus, table, index);

    public JsonElement Json { get; } = json;

    /// <summary>Its place in the table, from 0.</summary>
    public int Index { get; } = index;

    /// <summary>The row itself, where the table is a list of strings.</summary>
    public string Text => Json.GetString()!;

    /// <summary>A string field; absent or null is empty, as in Go.</summary>
    public string this[string field] => String(Json, field);

    public static string String(JsonElement json, string field) =>
        json.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    public bool Flag(string field) => Json.TryGetProperty(field, out var value) && value.GetBoolean();

    public bool Has(string field) => Json.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>The name of an expression that was not evaluated, such as an error.</summary>
    public string? Identifier(string field) =>
        Json.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.Object && value.TryGetProperty("$ident", out var name)
            ? name.GetString()
            : null;

    /// <summary>Runs the assertions of a row; those of a listed deviation must fail, or the listing is stale.</summary>
    public void Check(Action assertions)
    {
        if (_deviation is null)
        {
            assertions();
            return;
        }
        var thrown = Record.Exception(assertions);
        Assert.True(
            thrown is XunitException or OciException,
            $"{this} is listed as a deviation ({_deviation}), but behaves as the row says: remove it from the list. {thrown}");
    }

    public override string ToString() => $"{corpus} {table.Key} row {Index}";
}
