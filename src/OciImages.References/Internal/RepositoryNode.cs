using System.Collections.Frozen;
using System.Text;
using System.Text.Json;

namespace OciImages.References.Internal;

/// <summary>What the file has for one repository: JSON by familiar reference, or JSON that is no object.</summary>
/// <param name="Damaged">The JSON when it is no object; else empty.</param>
/// <threadsafety>Not changed after it was made.</threadsafety>
internal sealed record RepositoryNode(ReadOnlyMemory<byte> Damaged)
{
    // A SHA-512 digest with every character escaped.
    private const int MaxImageLength = 6 * (7 + 128);

    internal static RepositoryNode Empty { get; } = new(default(ReadOnlyMemory<byte>));

    private IReadOnlyDictionary<string, ReadOnlyMemory<byte>> References { get; init; } = FrozenDictionary<string, ReadOnlyMemory<byte>>.Empty;

    internal bool IsEmpty => Damaged.IsEmpty && References.Count == 0;

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

    /// <summary>Lists the members that are references, and can be found: Docker does not find names in another than the familiar form either.</summary>
    /// <param name="familiarName">The name that the repository has in the file.</param>
    /// <param name="listed">Gets each with the full text of its reference.</param>
    /// <param name="notUnderstood">Gets the names of the others.</param>
    internal void List(string familiarName, Action<string, ReferenceEntry> listed, Action<string> notUnderstood)
    {
        // Once for all of its references, of which there may be thousands.
        bool isName = RepositoryName.TryParse(familiarName, out var repository) && repository.FamiliarName == familiarName;
        string fullName = isName ? repository!.ToString() : "";
        foreach (var (name, json) in References)
        {
            if (isName && TryReadReference(repository!, familiarName, name) is { } reference && TryReadImage(json, out var image))
                listed(string.Concat(fullName, name.AsSpan(familiarName.Length)), new ReferenceEntry(reference, image));
            else
                notUnderstood(name);
        }
    }

    private static ImageReference? TryReadReference(RepositoryName repository, string familiarName, string name)
    {
        if (name.Length <= familiarName.Length + 1 || !name.StartsWith(familiarName, StringComparison.Ordinal))
            return null;
        string rest = name[(familiarName.Length + 1)..];
        return name[familiarName.Length] switch
        {
            ':' when ImageReference.IsTag(rest) => new ImageReference { Repository = repository, Tag = rest },
            '@' when Digest.TryParse(rest, out var digest) => new ImageReference { Repository = repository, Digest = digest },
            _ => null,
        };
    }

    private static bool TryReadImage(ReadOnlyMemory<byte> json, out ImageId image)
    {
        var reader = new Utf8JsonReader(json.Span);
        reader.Read();
        image = default;
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > MaxImageLength)
            return false;
        Span<char> text = stackalloc char[MaxImageLength];
        // A digest needs no escapes, and what has some need not be Unicode.
        bool isText = reader.ValueIsEscaped ? TryUnescape(ref reader, text, out int length) : Encoding.UTF8.TryGetChars(reader.ValueSpan, text, out length);
        if (!isText || !Digest.TryParse(text[..length], out var digest))
            return false;
        image = new ImageId(digest);
        return true;
    }

    private static bool TryUnescape(ref Utf8JsonReader reader, scoped Span<char> text, out int length)
    {
        try
        {
            length = reader.CopyString(text);
            return true;
        }
        catch (InvalidOperationException)
        {
            length = 0;
            return false;
        }
    }
}
