using OciImages.Registry.Auth;

namespace OciImages.Registry.Tests.Auth;

public class TokenScopeTests
{
    [Theory]
    [InlineData(null, false, "repository:a/b:pull")]
    [InlineData("repository:a/b:pull", false, "repository:a/b:pull")]
    [InlineData("repository:a/b:pull,push,delete", false, "repository:a/b:pull")]
    [InlineData("repository:mapped/a/b:pull", false, "repository:a/b:pull repository:mapped/a/b:pull")]
    [InlineData("repository:mapped/a/b:pull", true, "repository:a/b:pull")]
    [InlineData("repository:a/b:*", false, "repository:a/b:pull")]
    [InlineData("aws", true, "repository:a/b:pull aws")]
    [InlineData("registry:catalog:* aws", false, "repository:a/b:pull registry:catalog:* aws")]
    public void Join_NeededAndWanted_GivesNoMoreThanNeeded(string? wanted, bool foreseen, string expected) =>
        Assert.Equal(expected, string.Join(' ', TokenScope.Join([TokenScope.Pull("a/b")], wanted, foreseen)));

    [Fact]
    public void Join_HugeScope_IsLeftOut() =>
        Assert.Equal(["repository:a:pull"], TokenScope.Join([TokenScope.Pull("a")], new string('x', 5000), false));

    [Fact]
    public void TryParse_NameWithPort_KeepsIt()
    {
        Assert.True(TokenScope.TryParse("repository:host:5000/a:pull,push", out var scope));
        Assert.Equal(("repository", "host:5000/a"), (scope.Type, scope.Name));
        Assert.Equal(["pull", "push"], scope.Actions);
    }
}
