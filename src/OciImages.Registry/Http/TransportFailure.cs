using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.RegularExpressions;

namespace OciImages.Registry.Http;

/// <summary>Tells what a failed exchange means: the words for a message, and whether another try can help.</summary>
internal static partial class TransportFailure
{
    /// <summary>Whether an exception is the failure of an exchange, and not of this program.</summary>
    public static bool Is(Exception exception) => exception is HttpRequestException or IOException or TimeoutException or SocketException;

    /// <summary>Whether no TLS could be agreed on: the other side may speak plain HTTP.</summary>
    public static bool IsTls(Exception exception) => exception is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError };

    /// <summary>Whether it was this client that refused to connect.</summary>
    public static bool IsBlocked(Exception exception) => exception.GetBaseException() is BlockedAddressException;

    /// <summary>What happened, to follow a colon, and whether another try can help.</summary>
    public static (string Reason, bool IsTransient) Explain(Exception exception, string host)
    {
        string detail = PlainText.Clean(UserOfUrl().Replace(exception.GetBaseException().Message, "://").TrimEnd('.'), 200);
        return exception switch
        {
            _ when IsBlocked(exception) => (exception.GetBaseException().Message, false),
            TimeoutException timeout => ($"{timeout.Message} from {host}", true),
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } =>
                ($"the host {host} cannot be found ({detail})", SocketErrorOf(exception) == SocketError.TryAgain),
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } =>
                ($"no secure connection to {host} could be made ({detail}); if the registry's certificate is self-signed, make this machine trust "
                    + $"its authority, and if it speaks plain HTTP, name it in {nameof(RegistryClientOptions.InsecureRegistries)}",
                    exception.GetBaseException() is IOException or SocketException && exception.InnerException is not AuthenticationException),
            HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => ($"{host} cannot be reached ({detail})", true),
            HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError } => ($"the proxy does not let through to {host} ({detail})", false),
            HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => ($"the answer of {host} is too large ({detail})", false),
            _ => ($"the connection to {host} was lost ({detail})", true),
        };
    }

    /// <summary>Whether an exception tells the URL of a proxy with the user and the password in it.</summary>
    public static bool HoldsSecret(Exception exception) => UserOfUrl().IsMatch($"{exception}");

    [GeneratedRegex(@"://[^/\s]*@")]
    private static partial Regex UserOfUrl();

    private static SocketError? SocketErrorOf(Exception exception) => (exception.GetBaseException() as SocketException)?.SocketErrorCode;
}
