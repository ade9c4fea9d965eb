namespace OciImages.Layers.Internal.Trees;

/// <summary>A tree that is reachable without a mount.</summary>
internal sealed class TreeMount(string path) : Mount
{
    public override string Path => path;

    public override void Detach()
    {
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
