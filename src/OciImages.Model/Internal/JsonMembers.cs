using System.Text.Json;

namespace OciImages.Internal;

/// <summary>
/// The members of a JSON object that stands for a Go struct. Go takes a name in any case, so that <c>Layers</c> is <c>layers</c> for one
/// reader and nothing for another: such a name is taken as Go takes it, and two that Go takes for one are refused.
/// </summary>
internal readonly struct JsonMembers
{
    private readonly string[] _names;
    private readonly JsonElement[] _values;

    private JsonMembers(string[] names, JsonElement[] values, string where)
    {
        _names = names;
        _values = values;
        Where = where;
    }

    /// <summary>Where the object stands, for messages.</summary>
    internal string Where { get; }

    /// <summary>A member; undefined when there is none.</summary>
    internal JsonElement this[string name] => _values[Array.IndexOf(_names, name)];

    /// <summary>Reads an object.</summary>
    /// <param name="element">The object.</param>
    /// <param name="names">The names of the members that are looked at.</param>
    /// <param name="where">Where it stands, for messages.</param>
    /// <returns>The members.</returns>
    internal static JsonMembers Of(JsonElement element, string[] names, string where)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw StrictJson.Fault(where, $"must be an object, not {StrictJson.Describe(element)}");
        var values = new JsonElement[names.Length];
        foreach (var member in element.EnumerateObject())
        {
            int index = Find(names, StrictJson.Name(member, where));
            if (index < 0)
                continue;
            if (values[index].ValueKind != JsonValueKind.Undefined)
                throw StrictJson.Fault(where, $"has the member \"{names[index]}\" twice");
            values[index] = member.Value;
        }
        return new JsonMembers(names, values, where);
    }

    /// <summary>Whether a member is there and not null.</summary>
    internal bool Has(string name) => this[name].ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    /// <summary>A string that may be missing or null.</summary>
    internal string? OptionalText(string name) => Has(name) ? StrictJson.Text(this[name], Path(name)) : null;

    /// <summary>A string that must be there.</summary>
    internal string RequiredText(string name) => StrictJson.Text(this[name], Path(name));

    /// <summary>An integer that may be missing or null.</summary>
    internal long? OptionalInt64(string name) => Has(name) ? RequiredInt64(name) : null;

    /// <summary>An integer that must be there.</summary>
    internal long RequiredInt64(string name)
    {
        var value = this[name];
        if (value.ValueKind != JsonValueKind.Number)
            throw Fault(name, $"must be a number, not {StrictJson.Describe(value)}");
        return value.TryGetInt64(out long number) ? number : throw Fault(name, "is not a 64-bit integer");
    }

    /// <summary>A boolean; false when it is missing or null.</summary>
    internal bool Flag(string name) => Has(name) && this[name].ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Fault(name, $"must be a boolean, not {StrictJson.Describe(this[name])}"),
    };

    /// <summary>An array; null when it is missing or null.</summary>
    internal JsonElement? OptionalArray(string name)
    {
        if (!Has(name))
            return null;
        var value = this[name];
        return value.ValueKind == JsonValueKind.Array ? value : throw Fault(name, $"must be an array, not {StrictJson.Describe(value)}");
    }

    /// <summary>An array read element by element; null when it is missing or null.</summary>
    internal T[]? OptionalList<T>(string name, Func<JsonElement, string, T> read)
    {
        if (OptionalArray(name) is not { } array)
            return null;
        var list = new T[array.GetArrayLength()];
        int i = 0;
        foreach (var element in array.EnumerateArray())
        {
            list[i] = read(element, $"{Path(name)}[{i}]");
            i++;
        }
        return list;
    }

    /// <summary>An array of strings; null when it is missing or null.</summary>
    internal string[]? OptionalTexts(string name)
    {
        if (OptionalArray(name) is not { } array)
            return null;
        string[] texts = new string[array.GetArrayLength()];
        int i = 0;
        foreach (var element in array.EnumerateArray())
        {
            // The place is written out only for a message: there may be a million elements.
            texts[i] = StrictJson.TryText(element) ?? StrictJson.Text(element, $"{Path(name)}[{i}]");
            i++;
        }
        return texts;
    }

    /// <summary>An object whose names are data, from strings to strings; null when it is missing or null.</summary>
    internal Dictionary<string, string>? OptionalTextMap(string name)
    {
        if (!Has(name))
            return null;
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var member in RequiredObject(name).EnumerateObject())
        {
            string key = StrictJson.Name(member, Path(name));
            string value = StrictJson.TryText(member.Value) ?? StrictJson.Text(member.Value, $"{Path(name)}[{Excerpt.Of(key)}]");
            if (!map.TryAdd(key, value))
                throw Fault(name, $"has the member {Excerpt.Of(key)} twice");
        }
        return map;
    }

    /// <summary>The names in an object that Go reads as a map to empty structs; null when it is missing or null.</summary>
    internal string[]? OptionalKeys(string name)
    {
        if (!Has(name))
            return null;
        var keys = new List<string>();
        foreach (var member in RequiredObject(name).EnumerateObject())
        {
            string key = StrictJson.Name(member, Path(name));
            if (member.Value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null))
                throw StrictJson.Fault($"{Path(name)}[{Excerpt.Of(key)}]", $"must be an object, not {StrictJson.Describe(member.Value)}");
            keys.Add(key);
        }
        return [.. keys];
    }

    internal string Path(string name) => $"{Where}: {name}";

    internal OciException Fault(string name, string complaint) => StrictJson.Fault(Path(name), complaint);

    private JsonElement RequiredObject(string name) => this[name].ValueKind == JsonValueKind.Object
        ? this[name]
        : throw Fault(name, $"must be an object, not {StrictJson.Describe(this[name])}");

    private static int Find(string[] names, string name)
    {
        int exact = Array.IndexOf(names, name);
        return exact >= 0 ? exact : Array.FindIndex(names, n => n.Length == name.Length && IsSameToGo(n, name));
    }

    private static bool IsSameToGo(string left, string right)
    {
        for (int i = 0; i < left.Length; i++)
        {
            if (Fold(left[i]) != Fold(right[i]))
                return false;
        }
        return true;

        // Go folds these two beyond ASCII, because they are lower-case to an ASCII letter.
        static char Fold(char c) => c switch
        {
            '\u017F' => 's',
            '\u212A' => 'k',
            _ => char.ToLowerInvariant(c),
        };
    }
}
