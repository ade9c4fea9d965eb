using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace OciImages.References.Internal;

/// <summary>What the file has for one repository: JSON by familiar reference, or JSON that is no object.</summary>
/// <param name="Damaged">The JSON when it is no object; else empty.</param>
/// <threadsafety>Not changed after it was made.</threadsafety>
internal sealed record RepositoryNode(ReadOnlyMemory<byte> Damaged)
{
    internal static RepositoryNode Empty { get; } = new(default(ReadOnlyMemory<byte>));

    private IReadOnlyDictionary<string, ReadOnlyMemory<byte>> References { get; init; } = FrozenDictionary<string, ReadOnlyMemory<byte>>.Empty;

    internal bool IsEmpty => Damaged.IsEmpty && References.Count == 0;

    internal IEnumerable<string> Names => References.Keys;

    /// <summary>Reads the value that the reader is on.</summary>
    internal static RepositoryNode Read(ref Utf8JsonReader json, ReadOnlyMemory<byte> content)
    {
        if (json.TokenType == JsonTokenType.Null)
            return Empty; // Go's empty map
        if (json.TokenType != JsonTokenType.StartObject)
            return new RepositoryNode(RawValue(ref json, content));
        var references = new Dictionary<string, ReadOnlyMemory<byte>>();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            json.Read();
            references[name] = RawValue(ref json, content); // of members with one name the last counts, as in Go
        }
        return Empty with { References = references };
    }

    /// <summary>Passes the value that the reader is on.</summary>
    /// <returns>The value as it is written.</returns>
    internal static ReadOnlyMemory<byte> RawValue(ref Utf8JsonReader json, ReadOnlyMemory<byte> content)
    {
        int start = (int)json.TokenStartIndex;
        json.Skip();
        return content[start..(int)json.BytesConsumed];
    }

    internal ImageId? Find(string name) => References.TryGetValue(name, out var json) && TryReadImage(json, out var image) ? image : null;

    internal RepositoryNode Set(string name, ImageId image) => this with
    {
        References = new Dictionary<string, ReadOnlyMemory<byte>>(References) { [name] = Encoding.ASCII.GetBytes($"\"{image}\"") },
    };

    internal RepositoryNode Remove(string name)
    {
        var rest = new Dictionary<string, ReadOnlyMemory<byte>>(References);
        rest.Remove(name);
        return this with { References = rest };
    }

    internal void Write(Utf8JsonWriter json)
    {
        if (!Damaged.IsEmpty)
        {
            json.WriteRawValue(Damaged.Span, skipInputValidation: true);
            return;
        }
        json.WriteStartObject();
        foreach (var (name, value) in References.OrderBy(member => member.Key, Utf8Order.Instance))
        {
            json.WritePropertyName(name);
            json.WriteRawValue(value.Span, skipInputValidation: true);
        }
        json.WriteEndObject();
    }

    /// <summary>Reads a member as a reference.</summary>
    /// <returns>Whether it is one that can be found: Docker does not find names in another than the familiar form either.</returns>
    internal bool TryGetEntry(string repository, string name, [NotNullWhen(true)] out ReferenceEntry? entry)
    {
        entry = TryReadImage(References[name], out var image)
            && ImageReference.TryParse(name, out var reference)
            && reference.Tag is null != reference.Digest is null
            && reference.FamiliarName == repository
            && reference.ToFamiliarString() == name
                ? new ReferenceEntry(reference, image)
                : null;
        return entry is not null;
    }

    private static bool TryReadImage(ReadOnlyMemory<byte> json, out ImageId image)
    {
        var reader = new Utf8JsonReader(json.Span);
        reader.Read();
        bool isDigest = Digest.TryParse(reader.TokenType == JsonTokenType.String ? reader.GetString() : null, out var digest);
        image = new ImageId(digest);
        return isDigest;
    }
}
