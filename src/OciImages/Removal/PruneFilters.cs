using OciImages.Filters;

namespace OciImages.Removal;

/// <summary>Docker's filters for a prune, as its command line has them: <c>until=24h</c>, <c>label=key=value</c>, <c>label!=key</c>.</summary>
public static class PruneFilters
{
    /// <summary>Reads filters.</summary>
    /// <param name="filters">The filters.</param>
    /// <param name="now">What durations are counted back from, and whose offset a time without one has.</param>
    /// <returns>Options with what the filters say.</returns>
    /// <exception cref="OciException">A filter is unknown or malformed, or there is more than one time (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public static PruneOptions Parse(IEnumerable<string> filters, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(filters);
        var options = new PruneOptions();
        var labels = new List<string>();
        var without = new List<string>();
        foreach (var (name, value) in FilterText.Read(filters))
        {
            switch (name)
            {
                case "until" when options.Until is null:
                    options.Until = FilterText.ParseTime(value, now);
                    break;
                case "until":
                    throw new OciException(OciErrorKind.InvalidInput, "more than one until filter specified");
                case "label":
                    labels.Add(value);
                    break;
                case "label!":
                    without.Add(value);
                    break;
                case "dangling":
                    options.All = value switch { "true" or "1" => false, "false" or "0" => true, _ => throw FilterText.Invalid(name, value) };
                    break;
                default:
                    throw FilterText.Unknown(name);
            }
        }
        options.Labels = labels;
        options.WithoutLabels = without;
        return options;
    }
}
