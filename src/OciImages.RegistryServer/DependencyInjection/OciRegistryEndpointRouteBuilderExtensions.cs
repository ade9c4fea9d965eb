using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OciImages;
using OciImages.RegistryServer;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps a registry into a host's endpoints.</summary>
public static class OciRegistryEndpointRouteBuilderExtensions
{
    /// <summary>Maps <c>/v2/</c> and all below it to the registry that <c>AddOciRegistry()</c> added.</summary>
    /// <param name="endpoints">The endpoints.</param>
    /// <returns>A builder for conventions, such as <c>RequireAuthorization()</c>.</returns>
    /// <exception cref="InvalidOperationException"><c>AddOciRegistry()</c> was not called.</exception>
    public static IEndpointConventionBuilder MapOciRegistry(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return endpoints.MapOciRegistry(Registry(endpoints));
    }

    /// <summary>Maps <c>/v2/</c> and all below it to a registry.</summary>
    /// <param name="endpoints">The endpoints.</param>
    /// <param name="registry">The registry; the caller disposes it.</param>
    /// <returns>A builder for conventions, such as <c>RequireAuthorization()</c>.</returns>
    public static IEndpointConventionBuilder MapOciRegistry(this IEndpointRouteBuilder endpoints, OciRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(registry);
        return endpoints.Map("/v2/{**path}", registry.HandleAsync).WithDisplayName("OCI registry");
    }

    /// <summary>Maps an endpoint that answers 200 while the registry's storage can be read, and 503 otherwise.</summary>
    /// <param name="endpoints">The endpoints.</param>
    /// <param name="pattern">The path.</param>
    /// <param name="registry">The registry; null for the one that <c>AddOciRegistry()</c> added.</param>
    /// <returns>A builder for conventions.</returns>
    /// <exception cref="InvalidOperationException">No registry is given, and <c>AddOciRegistry()</c> was not called.</exception>
    public static IEndpointConventionBuilder MapOciRegistryHealth(
        this IEndpointRouteBuilder endpoints, string pattern = "/healthz", OciRegistry? registry = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        registry ??= Registry(endpoints);
        return endpoints.MapMethods(pattern, [HttpMethods.Get, HttpMethods.Head], context => AnswerAsync(context, registry));
    }

    private static async Task AnswerAsync(HttpContext context, OciRegistry registry)
    {
        string text = "ok\n";
        try
        {
            await registry.CheckHealthAsync(context.RequestAborted).ConfigureAwait(false);
        }
        catch (OciException)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            text = "unavailable\n";
        }
        context.Response.ContentType = "text/plain";
        await context.Response.WriteAsync(text, context.RequestAborted).ConfigureAwait(false);
    }

    private static OciRegistry Registry(IEndpointRouteBuilder endpoints) => endpoints.ServiceProvider.GetService<OciRegistry>()
        ?? throw new InvalidOperationException("No registry is there to map: call services.AddOciRegistry(…) first.");
}
