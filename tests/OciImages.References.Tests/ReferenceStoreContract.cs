namespace OciImages.References.Tests;

/// <summary>What <see cref="IReferenceStore"/> promises; every implementation inherits it.</summary>
public abstract class ReferenceStoreContract
{
    protected static readonly ImageId One = Id("1");
    protected static readonly ImageId Two = Id("2");

    protected abstract IReferenceStore Store { get; }

    /// <summary>Another user of the same data: another process's store where there can be one.</summary>
    protected abstract IReferenceStore Other { get; }

    protected static string DigestText => Digest.Compute("manifest"u8).ToString();

    protected static ImageId Id(string config) => new(Digest.Compute(System.Text.Encoding.UTF8.GetBytes(config)));

    protected static ImageReference Ref(string text) => ImageReference.Parse(text);

    protected static async Task<string[]> ListAsync(IReferenceStore store, ImageId? image = null) =>
        await store.ListAsync(image).Select(entry => entry.Reference.ToString()).ToArrayAsync();

    [Fact]
    public async Task EmptyStore_HasNothing()
    {
        Assert.Null(await Store.FindAsync(Ref("nginx:1")));
        Assert.False(await Store.RemoveAsync(Ref("nginx:1")));
        Assert.Empty(await ListAsync(Store));
        Assert.Empty(await ListAsync(Store, One));
    }

    [Fact]
    public async Task Set_IsFoundUnderEveryFormOfTheName()
    {
        await Store.SetAsync(Ref("nginx:1.0"), One);

        Assert.Equal(One, await Other.FindAsync(Ref("docker.io/library/nginx:1.0")));
        Assert.Equal(One, await Store.FindAsync(Ref("index.docker.io/nginx:1.0")));
        Assert.Null(await Store.FindAsync(Ref("nginx:1.1")));
        Assert.Null(await Store.FindAsync(Ref("other/nginx:1.0")));
    }

    [Fact]
    public async Task Set_ExistingTag_Moves()
    {
        await Store.SetAsync(Ref("a:1"), One);
        await Other.SetAsync(Ref("a:1"), Two);

        Assert.Equal(Two, await Store.FindAsync(Ref("a:1")));
        Assert.Empty(await ListAsync(Store, One));
        Assert.Equal(["docker.io/library/a:1"], await ListAsync(Store, Two));
    }

    [Fact]
    public async Task Set_CreateOnly_IsRefusedForAnotherImage()
    {
        await Store.SetAsync(Ref("a:1"), One, ReferenceWrite.CreateOnly);
        await Store.SetAsync(Ref("a:1"), One, ReferenceWrite.CreateOnly);
        var failure = await Assert.ThrowsAsync<OciException>(async () => await Other.SetAsync(Ref("a:1"), Two, ReferenceWrite.CreateOnly));

        Assert.Equal(OciErrorKind.Conflict, failure.Kind);
        Assert.Equal(
            $"Conflict: Tag a:1 is already set to image {One}, if you want to replace it, please use the force option", failure.Message);
        Assert.Equal(One, await Store.FindAsync(Ref("a:1")));
    }

    [Theory]
    [InlineData(ReferenceWrite.Replace)]
    [InlineData(ReferenceWrite.CreateOnly)]
    public async Task Set_Digest_NeverMoves(ReferenceWrite mode)
    {
        await Store.SetAsync(Ref($"a@{DigestText}"), One);
        await Store.SetAsync(Ref($"a@{DigestText}"), One, mode);
        var failure = await Assert.ThrowsAsync<OciException>(async () => await Store.SetAsync(Ref($"a@{DigestText}"), Two, mode));

        Assert.Equal(OciErrorKind.Conflict, failure.Kind);
        Assert.Equal($"Cannot overwrite digest {DigestText}", failure.Message);
        Assert.Equal(One, await Store.FindAsync(Ref($"a@{DigestText}")));
    }

    [Fact]
    public async Task TagAndDigest_IsStoredByTheDigestAlone()
    {
        await Store.SetAsync(Ref($"a:1@{DigestText}"), One);

        Assert.Null(await Store.FindAsync(Ref("a:1")));
        Assert.Equal(One, await Store.FindAsync(Ref($"a@{DigestText}")));
        Assert.Equal(One, await Store.FindAsync(Ref($"a:other@{DigestText}")));
        Assert.Equal([$"docker.io/library/a@{DigestText}"], await ListAsync(Store));
        Assert.True(await Store.RemoveAsync(Ref($"a:2@{DigestText}")));
        Assert.Empty(await ListAsync(Other));
    }

    [Fact]
    public async Task NeitherTagNorDigest_IsRefused()
    {
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.FindAsync(Ref("a")));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.SetAsync(Ref("a"), One));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.RemoveAsync(Ref("a")));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.SetAsync(Ref("a:1"), default));
    }

    [Fact]
    public async Task Set_NameSha256_IsRefused()
    {
        var failure = await Assert.ThrowsAsync<OciException>(async () => await Store.SetAsync(Ref("sha256:1"), One));

        Assert.Equal(OciErrorKind.InvalidInput, failure.Kind);
        Assert.Equal("refusing to create an ambiguous tag using digest algorithm as name", failure.Message);
        await Store.SetAsync(Ref("other/sha256:1"), One);
        await Store.SetAsync(Ref("sha256-a:1"), One);
    }

    [Fact]
    public async Task List_IsOrderedByFullText()
    {
        foreach (string text in (string[])["b:1", "ghcr.io/a/b:2", "a:2", "a:10", $"a@{DigestText}", "127.0.0.1:5000/z:1", "x/y:1"])
            await Store.SetAsync(Ref(text), text.StartsWith('a') ? Two : One);

        Assert.Equal(
            ["127.0.0.1:5000/z:1", "docker.io/library/a:10", "docker.io/library/a:2", $"docker.io/library/a@{DigestText}",
                "docker.io/library/b:1", "docker.io/x/y:1", "ghcr.io/a/b:2"],
            await ListAsync(Other));
        Assert.Equal(["docker.io/library/a:10", "docker.io/library/a:2", $"docker.io/library/a@{DigestText}"], await ListAsync(Other, Two));
        Assert.All(await Store.ListAsync(One).ToListAsync(), entry => Assert.Equal(One, entry.ImageId));
    }

    [Fact]
    public async Task Remove_TakesOnlyThatReference()
    {
        await Store.SetAsync(Ref("a:1"), One);
        await Store.SetAsync(Ref("a:2"), One);

        Assert.True(await Other.RemoveAsync(Ref("a:1")));
        Assert.False(await Store.RemoveAsync(Ref("a:1")));
        Assert.Null(await Store.FindAsync(Ref("a:1")));
        Assert.Equal(["docker.io/library/a:2"], await ListAsync(Store, One));
    }

    [Fact]
    public async Task Set_ByManyAtOnce_LosesNone()
    {
        await Task.WhenAll(Enumerable.Range(0, 24).Select(i =>
            Task.Run(async () => await (i % 2 == 0 ? Store : Other).SetAsync(Ref($"a:{i}"), One))));

        Assert.Equal(24, (await ListAsync(Store, One)).Length);
        Assert.Equal(24, (await ListAsync(Other)).Length);
    }

    [Fact]
    public async Task Cancelled_ChangesNothing()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Store.SetAsync(Ref("a:1"), One, cancellationToken: new CancellationToken(true)));
        Assert.Empty(await ListAsync(Store));
    }
}
