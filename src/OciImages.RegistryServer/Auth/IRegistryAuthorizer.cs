using Microsoft.AspNetCore.Http;

namespace OciImages.RegistryServer.Auth;

/// <summary>
/// Decides whether a request may do what it wants. A host that has its own authorisation in the pipeline needs none:
/// <c>app.MapOciRegistry().RequireAuthorization(…)</c>.
/// </summary>
public interface IRegistryAuthorizer
{
    /// <summary>Decides.</summary>
    /// <param name="context">The request, with its credentials.</param>
    /// <param name="access">What it needs; more than one when a blob is mounted from another repository.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The answer.</returns>
    ValueTask<RegistryAuthorization> AuthorizeAsync(
        HttpContext context, IReadOnlyList<RegistryAccess> access, CancellationToken cancellationToken = default);
}
