namespace OciImages.Tests;

/// <summary>DiffId, ChainId and ImageId: the same digest under three meanings that cannot be mixed up.</summary>
public class IdentityTests
{
    private const string A = "sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
    private const string B = "sha256:3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d";
    private const string C = "sha256:2e7d2c03a9507ae265ecf5b5356885a53393a2029d241394997265a1a25aefc6";

    // Computed independently: sha256("<A> <B>"), then sha256("<that> <C>"), over the texts.
    private const string AB = "sha256:51c0c8ace48498d6f5fee6b0592cc06f2da0f3cbe09c5a34a97dce85c3889676";
    private const string ABC = "sha256:2fce7f8ce91bcf0a1428b36e1024639fdbd9469eea762dba98aa749631885106";

    [Fact]
    public void ChainId_Of_FollowsTheSpecification()
    {
        DiffId[] layers = [DiffId.Parse(A), DiffId.Parse(B), DiffId.Parse(C)];
        Assert.True(ChainId.Of([]).IsEmpty);
        Assert.Equal(A, ChainId.Of(layers.AsSpan(0, 1)).ToString());
        Assert.Equal(AB, ChainId.Of(layers.AsSpan(0, 2)).ToString());
        Assert.Equal(ABC, ChainId.Of(layers).ToString());
        Assert.Equal(ChainId.Parse(ABC), ChainId.Parse(AB).Append(layers[2]));
        Assert.NotEqual(ChainId.Of(layers), ChainId.Of([layers[1], layers[0], layers[2]]));
    }

    [Fact]
    public void Ids_PrintAndParse()
    {
        Assert.Equal(A, DiffId.Parse(A).ToString());
        Assert.Equal(A, ImageId.Parse(A).ToString());
        Assert.Equal("ca978112ca1b", ImageId.Parse(A).Short);
        Assert.Equal(("", "", ""), (default(DiffId).ToString(), default(ImageId).Short, default(ChainId).ToString()));
        Assert.True(default(DiffId).IsEmpty && default(ImageId).IsEmpty);
        Assert.Throws<OciException>(() => DiffId.Parse("x"));
        Assert.Throws<OciException>(() => ImageId.Parse(A[7..]));
        Assert.Throws<OciException>(() => ChainId.Parse(""));
    }
}
