using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;

namespace OciImages.References.Internal;

/// <summary>
/// The content of the file: the references, found by their full text and by image, and beside them everything as it is written.
/// </summary>
/// <threadsafety>Immutable; safe to share.</threadsafety>
internal sealed record ReferenceTable
{
    private const string Root = "Repositories";

    internal static ReferenceTable Empty { get; } = new();

    private ImmutableSortedDictionary<string, RepositoryNode> Repositories { get; init; } =
        ImmutableSortedDictionary.Create<string, RepositoryNode>(Utf8Order.Instance);

    /// <summary>Members beside the repositories, as JSON.</summary>
    private ImmutableArray<(string Name, string Json)> Others { get; init; } = [];

    private ImmutableSortedDictionary<string, ReferenceEntry> ByText { get; init; } =
        ImmutableSortedDictionary.Create<string, ReferenceEntry>(StringComparer.Ordinal);

    private ImmutableDictionary<ImageId, ImmutableSortedDictionary<string, ReferenceEntry>> ByImage { get; init; } =
        ImmutableDictionary<ImageId, ImmutableSortedDictionary<string, ReferenceEntry>>.Empty;

    /// <summary>Parses a file.</summary>
    /// <exception cref="JsonException">It is not JSON, or not an object of objects.</exception>
    /// <exception cref="InvalidOperationException">A string is not Unicode.</exception>
    internal static ReferenceTable Parse(ReadOnlyMemory<byte> json, Action<string> report)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            throw new JsonException("it is not an object");
        var others = ImmutableArray.CreateBuilder<(string, string)>();
        var repositories = Empty.Repositories.ToBuilder();
        foreach (var member in document.RootElement.EnumerateObject())
        {
            if (member.Name != Root)
            {
                others.Add((member.Name, member.Value.GetRawText()));
                report(member.Name);
                continue;
            }
            repositories.Clear(); // of members with one name the last counts, as in Go
            if (member.Value.ValueKind == JsonValueKind.Null)
                continue;
            if (member.Value.ValueKind != JsonValueKind.Object)
                throw new JsonException($"{Root} is not an object");
            foreach (var repository in member.Value.EnumerateObject())
                repositories[repository.Name] = RepositoryNode.Parse(repository, report);
        }
        return Index(new ReferenceTable { Repositories = repositories.ToImmutable(), Others = others.ToImmutable() });
    }

    internal ImageId? Find(ImageReference key) => ByText.TryGetValue(key.ToString(), out var entry) ? entry.ImageId : null;

    internal IEnumerable<ReferenceEntry> List() => ByText.Values;

    internal IEnumerable<ReferenceEntry> List(ImageId imageId) =>
        ByImage.TryGetValue(imageId, out var entries) ? entries.Values : [];

    /// <summary>Whether something other than an object stands where the repository's references should.</summary>
    internal bool IsDamaged(RepositoryName repository) =>
        Repositories.TryGetValue(repository.FamiliarName, out var node) && node.Damaged is not null;

    internal ReferenceTable Set(ReferenceEntry entry)
    {
        string name = entry.Reference.FamiliarName;
        var node = Repositories.GetValueOrDefault(name) ?? RepositoryNode.Empty;
        string text = entry.Reference.ToString();
        var byImage = Without(text);
        var entries = byImage.GetValueOrDefault(entry.ImageId) ?? Empty.ByText;
        return this with
        {
            Repositories = Repositories.SetItem(name, node.Set(entry)),
            ByText = ByText.SetItem(text, entry),
            ByImage = byImage.SetItem(entry.ImageId, entries.SetItem(text, entry)),
        };
    }

    /// <summary>Removes a reference that is there, and its repository with its last one.</summary>
    internal ReferenceTable Remove(ImageReference key)
    {
        string text = key.ToString();
        var node = Repositories[key.FamiliarName].Remove(key);
        return this with
        {
            Repositories = node.IsEmpty ? Repositories.Remove(key.FamiliarName) : Repositories.SetItem(key.FamiliarName, node),
            ByText = ByText.Remove(text),
            ByImage = Without(text),
        };
    }

    /// <summary>The file as Docker writes it: compact, names sorted byte by byte, no newline at the end.</summary>
    internal ReadOnlyMemory<byte> ToJson()
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, new JsonWriterOptions { Encoder = GoJsonEncoder.Instance }))
        {
            writer.WriteStartObject();
            writer.WriteStartObject(Root);
            foreach (var (name, node) in Repositories)
            {
                writer.WritePropertyName(name);
                node.Write(writer);
            }
            writer.WriteEndObject();
            foreach (var (name, raw) in Others)
            {
                writer.WritePropertyName(name);
                writer.WriteRawValue(raw, skipInputValidation: true);
            }
            writer.WriteEndObject();
        }
        return json.WrittenMemory;
    }

    private ImmutableDictionary<ImageId, ImmutableSortedDictionary<string, ReferenceEntry>> Without(string text)
    {
        if (!ByText.TryGetValue(text, out var old))
            return ByImage;
        var rest = ByImage[old.ImageId].Remove(text);
        return rest.IsEmpty ? ByImage.Remove(old.ImageId) : ByImage.SetItem(old.ImageId, rest);
    }

    private static ReferenceTable Index(ReferenceTable table)
    {
        var byText = Empty.ByText.ToBuilder();
        var byImage = new Dictionary<ImageId, ImmutableSortedDictionary<string, ReferenceEntry>.Builder>();
        foreach (var entry in table.Repositories.Values.SelectMany(node => node.Entries))
        {
            string text = entry.Reference.ToString();
            byText[text] = entry;
            if (!byImage.TryGetValue(entry.ImageId, out var entries))
                byImage.Add(entry.ImageId, entries = Empty.ByText.ToBuilder());
            entries[text] = entry;
        }
        return table with
        {
            ByText = byText.ToImmutable(),
            ByImage = byImage.ToImmutableDictionary(pair => pair.Key, pair => pair.Value.ToImmutable()),
        };
    }
}
