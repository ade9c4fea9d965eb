using System.Buffers;
using System.Collections.Frozen;
using System.Text.Json;

namespace OciImages.References.Internal;

/// <summary>
/// The content of the file as it is written, by repository and by familiar reference. Finding a reference parses its value alone; the lists
/// are made when the first of them is asked for.
/// </summary>
/// <threadsafety>Not changed after it was made; safe to share.</threadsafety>
internal sealed class ReferenceTable
{
    private const string Root = "Repositories";

    private readonly Lazy<ReferenceLists> _lists;
    private readonly IReadOnlyDictionary<string, RepositoryNode> _repositories;

    // Members beside the repositories.
    private readonly IReadOnlyList<(string Name, ReadOnlyMemory<byte> Json)> _others;
    private readonly Action<string> _report;

    private ReferenceTable(
        IReadOnlyDictionary<string, RepositoryNode> repositories, IReadOnlyList<(string Name, ReadOnlyMemory<byte> Json)> others, Action<string> report)
    {
        _repositories = repositories;
        _others = others;
        _report = report;
        _lists = new Lazy<ReferenceLists>(() => new ReferenceLists(_repositories, _report));
    }

    internal static ReferenceTable Empty(Action<string> report) => new(FrozenDictionary<string, RepositoryNode>.Empty, [], report);

    /// <summary>Parses a file.</summary>
    /// <param name="content">The file; kept, and not to be changed.</param>
    /// <param name="report">Gets the name of each entry that is not understood, when the lists are made.</param>
    /// <exception cref="JsonException">It is not JSON, or not an object of objects.</exception>
    /// <exception cref="InvalidOperationException">A string is not Unicode.</exception>
    internal static ReferenceTable Parse(ReadOnlyMemory<byte> content, Action<string> report)
    {
        var others = new List<(string, ReadOnlyMemory<byte>)>();
        var repositories = new Dictionary<string, RepositoryNode>();
        var json = new Utf8JsonReader(content.Span);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            throw new JsonException("it is not an object");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            json.Read();
            if (name != Root)
            {
                others.Add((name, RepositoryNode.RawValue(ref json, content)));
                continue;
            }
            repositories.Clear(); // of members with one name the last counts, as in Go
            if (json.TokenType == JsonTokenType.Null)
                continue;
            if (json.TokenType != JsonTokenType.StartObject)
                throw new JsonException($"{Root} is not an object");
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                string repository = json.GetString()!;
                json.Read();
                repositories[repository] = RepositoryNode.Read(ref json, content);
            }
        }
        while (json.Read())
        {
            // Throws when anything follows.
        }
        foreach (var (name, _) in others)
            report(name);
        return new ReferenceTable(repositories, others, report);
    }

    // Whatever has the familiar name of a reference, and is an image ID, is that reference.
    internal ImageId? Find(ImageReference key) => _repositories.GetValueOrDefault(key.FamiliarName)?.Find(key.ToFamiliarString());

    internal IEnumerable<ReferenceEntry> List() => _lists.Value.All;

    internal IEnumerable<ReferenceEntry> List(ImageId imageId) => _lists.Value.ByImage[imageId];

    /// <summary>Whether something other than an object stands where the repository's references should.</summary>
    internal bool IsDamaged(RepositoryName repository) => _repositories.GetValueOrDefault(repository.FamiliarName) is { Damaged.IsEmpty: false };

    /// <summary>Everything that is not understood: a repository, or a reference of one.</summary>
    internal IReadOnlyList<string> NotUnderstood => _lists.Value.NotUnderstood;

    internal ReferenceTable Set(ImageReference key, ImageId imageId)
    {
        var node = _repositories.GetValueOrDefault(key.FamiliarName) ?? RepositoryNode.Empty;
        return With(key.FamiliarName, node.Set(key.ToFamiliarString(), imageId));
    }

    /// <summary>Removes a reference that is there, and its repository with its last one.</summary>
    internal ReferenceTable Remove(ImageReference key) =>
        With(key.FamiliarName, _repositories[key.FamiliarName].Remove(key.ToFamiliarString()));

    /// <summary>The file as Docker writes it: compact, names sorted byte by byte, no newline at the end.</summary>
    internal ReadOnlyMemory<byte> ToJson()
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, new JsonWriterOptions { Encoder = GoJsonEncoder.Instance }))
        {
            writer.WriteStartObject();
            writer.WriteStartObject(Root);
            foreach (var (name, node) in _repositories.OrderBy(member => member.Key, Utf8Order.Instance))
            {
                writer.WritePropertyName(name);
                node.Write(writer);
            }
            writer.WriteEndObject();
            foreach (var (name, raw) in _others)
            {
                writer.WritePropertyName(name);
                writer.WriteRawValue(raw.Span, skipInputValidation: true);
            }
            writer.WriteEndObject();
        }
        return json.WrittenMemory;
    }

    private ReferenceTable With(string repository, RepositoryNode node)
    {
        var repositories = new Dictionary<string, RepositoryNode>(_repositories);
        if (node.IsEmpty)
            repositories.Remove(repository);
        else
            repositories[repository] = node;
        // Told once.
        return new ReferenceTable(repositories, _others, _lists.IsValueCreated ? static _ => { } : _report);
    }
}
