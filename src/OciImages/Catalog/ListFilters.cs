using OciImages.Filters;

namespace OciImages.Catalog;

/// <summary>Docker's filters for a list, as its command line has them: <c>dangling label label! before since reference until</c>.</summary>
public static class ListFilters
{
    /// <summary>Reads filters.</summary>
    /// <param name="filters">The filters, each <c>name=value</c>.</param>
    /// <param name="now">What durations are counted back from, and whose offset a time without one has.</param>
    /// <returns>Options with what the filters say.</returns>
    /// <exception cref="OciException">A filter is unknown or malformed (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public static ListOptions Parse(IEnumerable<string> filters, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(filters);
        var values = FilterText.Read(filters).ToLookup(filter => filter.Name, filter => filter.Value);
        foreach (var filter in values)
        {
            if (filter.Key is not ("dangling" or "label" or "label!" or "before" or "since" or "reference" or "until"))
                throw FilterText.Unknown(filter.Key);
        }
        return new ListOptions
        {
            Dangling = ReadDangling([.. values["dangling"]]),
            Labels = [.. values["label"]],
            WithoutLabels = [.. values["label!"]],
            Before = [.. values["before"]],
            Since = [.. values["since"]],
            References = [.. values["reference"]],
            Until = values["until"].Select(value => (DateTimeOffset?)FilterText.ParseTime(value, now)).Min(),
        };
    }

    // As Docker: of both, true wins.
    private static bool? ReadDangling(string[] values)
    {
        if (values.Length == 0)
            return null;
        if (values.Any(value => value is "true" or "1"))
            return true;
        return values.Any(value => value is "false" or "0") ? false : throw FilterText.Invalid("dangling", string.Join(' ', values));
    }
}
