using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OciImages.RegistryServer.Internal;

/// <summary>Answers for requests that an exception ended.</summary>
internal static class FailureResponse
{
    internal static void SetCommonHeaders(HttpContext context) => context.Response.Headers["Docker-Distribution-Api-Version"] = "registry/2.0";

    internal static async Task WriteAsync(HttpContext context, Exception exception, ILogger logger)
    {
        var (method, path) = (context.Request.Method, context.Request.Path.Value ?? "");
        bool isGone = context.RequestAborted.IsCancellationRequested || exception is OperationCanceledException;
        if (isGone)
            logger.ClientGone(method, path);
        var fault = FaultOf(exception);
        if (!isGone && fault.Status >= StatusCodes.Status500InternalServerError)
            logger.RequestFailed(exception, method, path);
        if (context.Response.HasStarted)
        {
            // The status is out: only a cut connection still says that this is not the whole answer.
            context.Abort();
            return;
        }
        context.Response.Clear();
        SetCommonHeaders(context);
        if (isGone)
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return;
        }
        if (fault.Status == StatusCodes.Status503ServiceUnavailable)
            context.Response.Headers.RetryAfter = "1";
        await context.FailAsync(fault).ConfigureAwait(false);
    }

    // What a file is called on this machine is not for clients: storage failures are told by kind.
    private static RegistryFault FaultOf(Exception exception) => exception switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => RegistryFault.SizeInvalid(
            "The body is larger than allowed.", StatusCodes.Status413PayloadTooLarge),
        BadHttpRequestException bad => RegistryFault.UploadInvalid("The request's body is malformed or came too slowly.", bad.StatusCode),
        StorageException { Kind: OciErrorKind.Unavailable } => new(StatusCodes.Status503ServiceUnavailable, "UNKNOWN", "The registry's storage cannot take or give this now."),
        StorageException => new(StatusCodes.Status500InternalServerError, "UNKNOWN", "The registry's storage failed."),
        OciException { Kind: OciErrorKind.NotFound } => new(StatusCodes.Status404NotFound, "BLOB_UNKNOWN", "The content is not here any more."),
        OciException { Kind: OciErrorKind.Unauthorized or OciErrorKind.Forbidden } => new(
            StatusCodes.Status403Forbidden, "DENIED", "The upstream registry does not let this registry have it."),
        OciException { Kind: OciErrorKind.Unavailable } => new(StatusCodes.Status503ServiceUnavailable, "UNKNOWN", "Something that this needs is not available now."),
        _ => new(StatusCodes.Status500InternalServerError, "UNKNOWN", "The registry failed."),
    };
}
