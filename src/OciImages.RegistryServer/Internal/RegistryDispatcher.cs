using Microsoft.AspNetCore.Http;
using OciImages.RegistryServer.Auth;

namespace OciImages.RegistryServer.Internal;

/// <summary>Brings a request to the part that answers it, when it may be answered at all.</summary>
internal sealed class RegistryDispatcher
{
    private readonly RegistryState _state;
    private readonly BlobHandler _blobs;
    private readonly ManifestHandler _manifests;
    private readonly ManifestPutHandler _manifestPuts;
    private readonly ListHandler _lists;
    private readonly UploadHandler? _uploads;
    private readonly UploadStartHandler? _uploadStarts;

    internal RegistryDispatcher(RegistryState state)
    {
        _state = state;
        _blobs = new BlobHandler(state);
        _manifests = new ManifestHandler(state);
        _manifestPuts = new ManifestPutHandler(state);
        _lists = new ListHandler(state);
        if (state.Uploads is { } uploads)
        {
            _uploads = new UploadHandler(state, uploads);
            _uploadStarts = new UploadStartHandler(state, uploads, _uploads);
        }
    }

    internal async Task HandleAsync(HttpContext context)
    {
        var route = RegistryRoute.Parse(context.Request);
        FailureResponse.SetCommonHeaders(context);
        try
        {
            await RouteAsync(context, route).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await FailureResponse.WriteAsync(context, e, _state.Logger).ConfigureAwait(false);
        }
        finally
        {
            RegistryTelemetry.Answered(route.Kind, KnownMethod(context.Request.Method), context.Response.StatusCode);
        }
    }

    private async Task RouteAsync(HttpContext context, RegistryRoute route)
    {
        if (route.Kind == RouteKind.None)
        {
            await context.FailAsync(RegistryFault.NotFound).ConfigureAwait(false);
            return;
        }
        bool hasName = route.Kind is not (RouteKind.Base or RouteKind.Catalog);
        if (hasName && (route.Name.Length > _state.Options.MaxRepositoryNameLength || !RegistryNames.IsRepository(route.Name)))
        {
            await context.FailAsync(RegistryFault.NameInvalid(route.Name)).ConfigureAwait(false);
            return;
        }
        var (handle, actions, allowed) = Choose(route.Kind, context.Request.Method);
        if (!await AuthorizeAsync(context, route, actions).ConfigureAwait(false))
            return;
        if (handle is null)
        {
            context.Response.Headers.Allow = allowed;
            await context.FailAsync(RegistryFault.MethodNotAllowed).ConfigureAwait(false);
        }
        else if (_state.IsReadOnly && (actions & (RegistryAction.Push | RegistryAction.Delete)) != 0)
        {
            context.Response.Headers.Allow = "GET, HEAD";
            await context.FailAsync(RegistryFault.ReadOnly).ConfigureAwait(false);
        }
        else if (!_state.Options.IsDeletionEnabled && actions == RegistryAction.Delete)
        {
            context.Response.Headers.Allow = allowed.Replace(", DELETE", "", StringComparison.Ordinal);
            await context.FailAsync(RegistryFault.DeletionDisabled).ConfigureAwait(false);
        }
        else
        {
            await handle(context, route).ConfigureAwait(false);
        }
    }

    private (Func<HttpContext, RegistryRoute, Task>? Handle, RegistryAction Actions, string Allowed) Choose(RouteKind kind, string method)
    {
        const RegistryAction Push = RegistryAction.Pull | RegistryAction.Push;
        bool isRead = HttpMethods.IsGet(method) || HttpMethods.IsHead(method);
        bool isDelete = HttpMethods.IsDelete(method);
        return kind switch
        {
            RouteKind.Base => (isRead ? (context, _) => context.WriteAsync("application/json", "{}"u8.ToArray()) : null, RegistryAction.None, "GET, HEAD"),
            RouteKind.Catalog => (isRead ? _lists.GetCatalogAsync : null, RegistryAction.Catalog, "GET, HEAD"),
            RouteKind.Tags => (isRead ? _lists.GetTagsAsync : null, RegistryAction.Pull, "GET, HEAD"),
            RouteKind.Referrers => (isRead ? _lists.GetReferrersAsync : null, RegistryAction.Pull, "GET, HEAD"),
            RouteKind.Blob when isDelete => (_blobs.DeleteAsync, RegistryAction.Delete, "GET, HEAD, DELETE"),
            RouteKind.Blob => (isRead ? _blobs.GetAsync : null, RegistryAction.Pull, "GET, HEAD, DELETE"),
            RouteKind.Manifest when isDelete => (_manifests.DeleteAsync, RegistryAction.Delete, "GET, HEAD, PUT, DELETE"),
            RouteKind.Manifest when HttpMethods.IsPut(method) => (_manifestPuts.PutAsync, Push, "GET, HEAD, PUT, DELETE"),
            RouteKind.Manifest => (isRead ? _manifests.GetAsync : null, RegistryAction.Pull, "GET, HEAD, PUT, DELETE"),
            RouteKind.Uploads => (HttpMethods.IsPost(method) ? StartUploadAsync : null, Push, "POST"),
            RouteKind.Upload => (ChooseUpload(method, isRead, isDelete), Push, "GET, HEAD, PATCH, PUT, DELETE"),
            _ => (null, RegistryAction.None, ""),
        };
    }

    private Task StartUploadAsync(HttpContext context, RegistryRoute route) => _uploadStarts!.PostAsync(context, route);

    private Func<HttpContext, RegistryRoute, Task>? ChooseUpload(string method, bool isRead, bool isDelete)
    {
        if (_uploads is null)
            return static (context, _) => context.FailAsync(RegistryFault.ReadOnly);
        if (isRead)
            return _uploads.GetAsync;
        if (isDelete)
            return _uploads.DeleteAsync;
        if (HttpMethods.IsPatch(method))
            return _uploads.PatchAsync;
        return HttpMethods.IsPut(method) ? _uploads.PutAsync : null;
    }

    private async ValueTask<bool> AuthorizeAsync(HttpContext context, RegistryRoute route, RegistryAction actions)
    {
        if (_state.Options.Authorizer is not { } authorizer)
            return true;
        var access = new List<RegistryAccess>(2) { new(route.Name, actions) };
        var answer = await authorizer.AuthorizeAsync(context, access, context.RequestAborted).ConfigureAwait(false);
        if (answer.IsAllowed)
            return true;
        // Who mounts needs the source too, and asks for both at once. Without it the mount becomes an upload, which is no failure.
        if (route.Kind == RouteKind.Uploads && context.Request.Query["from"].ToString() is var from && RegistryNames.IsRepository(from))
        {
            access.Add(new RegistryAccess(from, RegistryAction.Pull));
            answer = await authorizer.AuthorizeAsync(context, access, context.RequestAborted).ConfigureAwait(false);
        }
        if (answer.Challenge is { } challenge)
        {
            context.Response.Headers.WWWAuthenticate = challenge;
            await context.FailAsync(RegistryFault.Unauthorized).ConfigureAwait(false);
        }
        else
        {
            await context.FailAsync(RegistryFault.Denied).ConfigureAwait(false);
        }
        return false;
    }

    // A metric must not grow by what a client makes up.
    private static string KnownMethod(string method) => method is "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" ? method : "other";
}
