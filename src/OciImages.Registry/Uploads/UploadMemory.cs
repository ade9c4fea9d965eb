using System.Collections.Concurrent;
using OciImages.Registry.Http;

namespace OciImages.Registry.Uploads;

/// <summary>What a client learned about how registries take blobs.</summary>
/// <threadsafety>Safe for use by many threads.</threadsafety>
internal sealed class UploadMemory
{
    private const int MaxRegistries = 1024;

    private readonly ConcurrentDictionary<string, Habits> _habits = new();

    /// <summary>The ways to try, the best first: those refused before come last.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="isSmall">Whether one request with everything costs little when it has to be repeated.</param>
    public IReadOnlyList<UploadMode> ModesFor(RegistryDomain registry, bool isSmall)
    {
        UploadMode[] modes = isSmall
            ? [UploadMode.Monolithic, UploadMode.Streamed, UploadMode.Chunked]
            : [UploadMode.Streamed, UploadMode.Monolithic, UploadMode.Chunked];
        if (!_habits.TryGetValue(registry.Name, out var habits))
            return modes;
        // What is refused for large blobs may be refused for their size; what is refused for small ones is refused for all.
        var refused = isSmall ? habits.Refused : [.. habits.Refused, .. habits.RefusedForLarge];
        return [.. modes.OrderBy(mode => Array.IndexOf(refused, mode) >= 0)];
    }

    /// <summary>Notes ways that a registry refused before another one worked.</summary>
    public void Refused(RegistryDomain registry, IEnumerable<UploadMode> modes, bool isSmall)
    {
        if (modes.ToArray() is not { Length: > 0 } refused)
            return;
        Change(registry, habits => isSmall
            ? habits with { Refused = [.. habits.Refused.Union(refused)] }
            : habits with { RefusedForLarge = [.. habits.RefusedForLarge.Union(refused)] });
    }

    /// <summary>The largest part that a registry is known to take.</summary>
    public long MaxChunkOf(RegistryDomain registry) => _habits.TryGetValue(registry.Name, out var habits) ? habits.MaxChunk : long.MaxValue;

    /// <summary>Notes the largest part that a registry takes.</summary>
    public void LimitChunk(RegistryDomain registry, long size) => Change(registry, habits => habits with { MaxChunk = Math.Min(habits.MaxChunk, size) });

    private void Change(RegistryDomain registry, Func<Habits, Habits> change)
    {
        if (_habits.Count >= MaxRegistries)
            _habits.Clear();
        _habits.AddOrUpdate(registry.Name, _ => change(new Habits([], [], long.MaxValue)), (_, habits) => change(habits));
    }

    private sealed record Habits(UploadMode[] Refused, UploadMode[] RefusedForLarge, long MaxChunk);
}
