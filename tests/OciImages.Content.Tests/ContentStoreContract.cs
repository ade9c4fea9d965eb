using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace OciImages.Content.Tests;

/// <summary>What <see cref="IContentStore"/> promises; every implementation inherits it.</summary>
public abstract partial class ContentStoreContract
{
    protected static readonly DateTimeOffset Start = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);

    protected FakeTimeProvider Time { get; } = new(Start);

    protected abstract IContentStore Store { get; }

    /// <summary>Another user of the same data: another process's store where there can be one.</summary>
    protected abstract IContentStore Other { get; }

    protected static byte[] Bytes(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    protected static async Task<ContentInfo> AddAsync(IContentStore store, byte[] content, string id = "add")
    {
        await using var writer = await store.OpenWriterAsync(id);
        await writer.Output.WriteAsync(content);
        return await writer.CommitAsync();
    }

    protected Task<ContentInfo> AddAsync(string content) => AddAsync(Store, Encoding.UTF8.GetBytes(content));

    protected static async Task<byte[]> ReadAsync(IContentStore store, Digest digest)
    {
        await using var stream = await store.OpenReadAsync(digest);
        return await ReadAsync(stream);
    }

    protected static async Task<byte[]> ReadAsync(Stream stream)
    {
        var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }

    protected static async Task<OciErrorKind> KindOfAsync(Func<Task> action) => (await Assert.ThrowsAnyAsync<OciException>(action)).Kind;
}
