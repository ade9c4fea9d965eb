using System.Text.Json;
using OciImages.Registry.Auth;
using OciImages.Registry.Http;

namespace OciImages.Registry;

/// <summary>
/// A program <c>docker-credential-NAME</c> that keeps secrets, spoken to over its standard input and output as
/// docker/docker-credential-helpers has it. It is found in <c>PATH</c> and started directly, without a shell.
/// </summary>
/// <remarks>No message holds a secret: what a program prints is told only when it fails, in words, and never its standard error.</remarks>
/// <threadsafety>Safe for use by many threads; each call starts a process of its own.</threadsafety>
public sealed class CredentialHelper : IRegistryCredentialSource
{
    private const int MaxNameLength = 64;
    private const int MaxSecret = 256 * 1024;
    private const int MaxList = 4 * 1024 * 1024;
    private const string TokenUser = "<token>";

    private readonly HelperProcess _process;

    /// <summary>Names a program; it is looked for at each call.</summary>
    /// <param name="name">The name after <c>docker-credential-</c>, such as <c>pass</c>: letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, at most 64.</param>
    /// <param name="timeout">How long one call may take, a question to the user included; null for one minute.</param>
    /// <param name="timeProvider">The clock of the time-out; null for the system's.</param>
    /// <exception cref="OciException">The name is malformed: it could lead elsewhere than to such a program (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public CredentialHelper(string name, TimeSpan? timeout = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length is 0 or > MaxNameLength || !char.IsAsciiLetterOrDigit(name[0])
            || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            throw new OciException(OciErrorKind.InvalidInput, $"\"{PlainText.Clean(name, 100)}\" cannot be the name of a credential helper.");
        Name = name;
        _process = new HelperProcess($"docker-credential-{name}", timeout ?? TimeSpan.FromMinutes(1), timeProvider ?? TimeProvider.System);
    }

    /// <summary>The name after <c>docker-credential-</c>.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    /// <exception cref="OciException">
    /// The program is missing (<see cref="OciErrorKind.NotFound"/>), failed or took too long (<see cref="OciErrorKind.Unavailable"/>), or
    /// answered nonsense (<see cref="OciErrorKind.InvalidInput"/>).
    /// </exception>
    public async ValueTask<RegistryCredential?> FindAsync(string domain, string? repository = null, CancellationToken cancellationToken = default)
    {
        string server = HelperServer.KeyOf(RegistryDomain.Parse(domain));
        if (await _process.RunAsync("get", server, MaxSecret, [], cancellationToken).ConfigureAwait(false) is not { } answer)
            return null;
        var (user, secret) = ReadAnswer(answer);
        // Some versions of "pass" answer an unknown server by empty texts and success.
        if (string.IsNullOrEmpty(secret) || string.IsNullOrEmpty(user))
            return null;
        return user == TokenUser ? new RegistryCredential { IdentityToken = secret } : new RegistryCredential { UserName = user, Password = secret };
    }

    /// <summary>Stores the credentials of a registry in place of earlier ones.</summary>
    /// <param name="domain">The registry's domain with an optional port.</param>
    /// <param name="credential">An identity token, or a name and a password.</param>
    /// <param name="cancellationToken">Cancels: the program is ended.</param>
    /// <returns>A task that ends when the program has.</returns>
    /// <exception cref="ArgumentException">The credential has neither.</exception>
    /// <exception cref="OciException">As in <see cref="FindAsync"/>.</exception>
    public async Task StoreAsync(string domain, RegistryCredential credential, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(credential);
        var (user, secret) = credential switch
        {
            { IdentityToken: { Length: > 0 } token } => (TokenUser, token),
            { UserName: { Length: > 0 } name, Password: { } password } => (name, password),
            _ => throw new ArgumentException("A credential helper keeps identity tokens, and names with passwords.", nameof(credential)),
        };
        string server = HelperServer.KeyOf(RegistryDomain.Parse(domain));
        await _process.RunAsync("store", WriteEntry(server, user, secret), MaxSecret, [secret], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Removes the credentials of a registry; it is no failure when there are none.</summary>
    /// <param name="domain">The registry's domain with an optional port.</param>
    /// <param name="cancellationToken">Cancels: the program is ended.</param>
    /// <returns>A task that ends when the program has.</returns>
    /// <exception cref="OciException">As in <see cref="FindAsync"/>.</exception>
    public async Task EraseAsync(string domain, CancellationToken cancellationToken = default) =>
        await _process.RunAsync("erase", HelperServer.KeyOf(RegistryDomain.Parse(domain)), MaxSecret, [], cancellationToken).ConfigureAwait(false);

    /// <summary>Lists what the program keeps.</summary>
    /// <param name="cancellationToken">Cancels: the program is ended.</param>
    /// <returns>User names by server, as the program names servers: <c>https://index.docker.io/v1/</c> is Docker Hub.</returns>
    /// <exception cref="OciException">As in <see cref="FindAsync"/>.</exception>
    public async Task<IReadOnlyDictionary<string, string>> ListAsync(CancellationToken cancellationToken = default)
    {
        var servers = new Dictionary<string, string>();
        if (await _process.RunAsync("list", "unused", MaxList, [], cancellationToken).ConfigureAwait(false) is not { } answer)
            return servers;
        return Read(answer, root =>
        {
            foreach (var member in root.EnumerateObject())
            {
                if (member.Value.ValueKind == JsonValueKind.String)
                    servers[member.Name] = member.Value.GetString()!;
            }
            return servers;
        });
    }

    private (string? User, string? Secret) ReadAnswer(ReadOnlyMemory<byte> answer)
    {
        return Read(answer, root => (Text(root, "Username"), Text(root, "Secret")));

        static string? Text(JsonElement root, string name) =>
            root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    private T Read<T>(ReadOnlyMemory<byte> answer, Func<JsonElement, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return read(document.RootElement);
        }
        catch (Exception e) when (JsonFault.Is(e))
        {
        }
        throw new OciException(OciErrorKind.InvalidInput, $"The credential helper docker-credential-{Name} answered with something else than a JSON object.");
    }

    private static string WriteEntry(string server, string user, string secret)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("ServerURL", server);
            writer.WriteString("Username", user);
            writer.WriteString("Secret", secret);
            writer.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }
}
