using OciImages.Removal;

namespace OciImages.Tests.Removal;

/// <summary>A host that says what runs.</summary>
internal sealed class FakeUsage : IImageUsage
{
    public Dictionary<ImageId, IReadOnlyList<ImageUser>> Users { get; } = [];

    /// <summary>What every call waits for, if anything.</summary>
    public TaskCompletionSource? Gate { get; set; }

    public async ValueTask<IReadOnlyList<ImageUser>> ListUsersAsync(ImageId imageId, CancellationToken cancellationToken = default)
    {
        if (Gate is { } gate)
            await gate.Task;
        return Users.GetValueOrDefault(imageId) ?? [];
    }
}
