using System.Text;
using OciImages.Layers.TarSplit;

namespace OciImages.Layers.Tests.TarSplit;

public class NameSetTests
{
    [Fact]
    public void Add_ManyNames_TellsNewFromKnown()
    {
        var set = new NameSet();
        byte[][] names = [.. Enumerable.Range(0, 20_000).Select(i => Encoding.ASCII.GetBytes($"usr/share/doc/{i}"))];
        Assert.All(names, name => Assert.True(set.Add(name)));
        Assert.All(names, name => Assert.False(set.Add(name)));
        Assert.Equal(20_000, set.Count);
    }
}
