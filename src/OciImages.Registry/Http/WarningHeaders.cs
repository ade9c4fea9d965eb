using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OciImages.Registry.Http;

/// <summary>Logs what registries warn of, each warning once. OCI distribution specification, "Warnings".</summary>
/// <threadsafety>Safe for use by many threads.</threadsafety>
internal sealed class WarningHeaders(ILogger logger)
{
    private const int MaxRemembered = 256;

    private readonly ConcurrentDictionary<(string Registry, string Warning), bool> _seen = new();

    public void Report(RegistryDomain registry, HttpResponseMessage response)
    {
        if (!response.Headers.NonValidated.TryGetValues("Warning", out var values))
            return;
        foreach (string value in values)
        {
            // 299 - "text": the specification allows no other code and no other agent.
            if (!value.StartsWith("299 ", StringComparison.Ordinal))
                continue;
            int start = value.IndexOf('"', StringComparison.Ordinal);
            int end = value.LastIndexOf('"');
            string warning = PlainText.Clean(end > start ? value.AsSpan(start + 1, end - start - 1) : value.AsSpan(4), 1000);
            if (_seen.Count < MaxRemembered && _seen.TryAdd((registry.Name, warning), true))
                RegistryLog.Warned(logger, registry.Name, warning);
        }
    }
}
