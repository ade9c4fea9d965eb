using System.Collections.Immutable;
using System.Text.Json;

namespace OciImages.References.Internal;

/// <summary>What the file has for one repository: its references, or JSON that is no object.</summary>
/// <param name="Damaged">The JSON when it is no object; else null.</param>
internal sealed record RepositoryNode(string? Damaged)
{
    internal static RepositoryNode Empty { get; } = new((string?)null);

    /// <summary>Key in the file to JSON value, and the entry when both are understood.</summary>
    private ImmutableSortedDictionary<string, (string Json, ReferenceEntry? Entry)> References { get; init; } =
        ImmutableSortedDictionary.Create<string, (string, ReferenceEntry?)>(Utf8Order.Instance);

    internal bool IsEmpty => References.IsEmpty;

    internal IEnumerable<ReferenceEntry> Entries => References.Values.Where(value => value.Entry is not null).Select(value => value.Entry!);

    internal static RepositoryNode Parse(JsonProperty repository, Action<string> report)
    {
        if (repository.Value.ValueKind == JsonValueKind.Null)
            return Empty; // Go's empty map
        if (repository.Value.ValueKind != JsonValueKind.Object)
        {
            report(repository.Name);
            return new RepositoryNode(repository.Value.GetRawText());
        }
        var references = Empty.References.ToBuilder();
        foreach (var member in repository.Value.EnumerateObject())
        {
            var entry = Understand(repository.Name, member);
            if (entry is null)
                report(member.Name);
            references[member.Name] = (member.Value.GetRawText(), entry);
        }
        return Empty with { References = references.ToImmutable() };
    }

    internal RepositoryNode Set(ReferenceEntry entry) => this with
    {
        References = References.SetItem(entry.Reference.ToFamiliarString(), ($"\"{entry.ImageId}\"", entry)),
    };

    internal RepositoryNode Remove(ImageReference reference) => this with { References = References.Remove(reference.ToFamiliarString()) };

    internal void Write(Utf8JsonWriter json)
    {
        if (Damaged is not null)
        {
            json.WriteRawValue(Damaged, skipInputValidation: true);
            return;
        }
        json.WriteStartObject();
        foreach (var (key, value) in References)
        {
            json.WritePropertyName(key);
            json.WriteRawValue(value.Json, skipInputValidation: true);
        }
        json.WriteEndObject();
    }

    // A name in another than the familiar form would never be looked for: Docker does not find such either.
    private static ReferenceEntry? Understand(string repository, JsonProperty member) =>
        member.Value.ValueKind == JsonValueKind.String
        && Digest.TryParse(member.Value.GetString(), out var image)
        && ImageReference.TryParse(member.Name, out var reference)
        && reference.Tag is null != reference.Digest is null
        && reference.FamiliarName == repository
        && reference.ToFamiliarString() == member.Name
            ? new ReferenceEntry(reference, new ImageId(image))
            : null;
}
