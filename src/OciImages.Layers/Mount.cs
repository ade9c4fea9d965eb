namespace OciImages.Layers;

/// <summary>A tree that is reachable in the file system; disposing it unmounts.</summary>
public abstract class Mount : IAsyncDisposable
{
    /// <summary>The absolute path of the tree's root.</summary>
    public abstract string Path { get; }

    /// <summary>Leaves the mount in place when this is disposed, for whoever unmounts it later.</summary>
    public abstract void Detach();

    /// <summary>Unmounts, unless it was detached; a second call does nothing.</summary>
    /// <returns>A task.</returns>
    public abstract ValueTask DisposeAsync();
}
