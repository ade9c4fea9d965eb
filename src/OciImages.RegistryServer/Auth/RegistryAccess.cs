namespace OciImages.RegistryServer.Auth;

/// <summary>What a request needs to be allowed.</summary>
/// <param name="Repository">The repository; empty when it is about the registry as a whole.</param>
/// <param name="Actions">What is to be done.</param>
public readonly record struct RegistryAccess(string Repository, RegistryAction Actions)
{
    /// <summary>
    /// The scope as Docker's token services take it, such as <c>repository:library/nginx:pull,push</c> or <c>registry:catalog:*</c>.
    /// </summary>
    /// <returns>The text; empty when nothing is needed.</returns>
    public override string ToString()
    {
        if (Actions.HasFlag(RegistryAction.Catalog))
            return "registry:catalog:*";
        if (Actions == RegistryAction.None)
            return "";
        var actions = new List<string>(3);
        if (Actions.HasFlag(RegistryAction.Pull))
            actions.Add("pull");
        if (Actions.HasFlag(RegistryAction.Push))
            actions.Add("push");
        if (Actions.HasFlag(RegistryAction.Delete))
            actions.Add("delete");
        return $"repository:{Repository}:{string.Join(',', actions)}";
    }
}
