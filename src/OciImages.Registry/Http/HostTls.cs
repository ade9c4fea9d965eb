using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OciImages.Registry.Http;

/// <summary>The TLS of one host: authorities beside the system's, and a certificate of the client. Docker's <c>certs.d</c> layout.</summary>
internal sealed class HostTls
{
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");

    private readonly X509Certificate2Collection _authorities = [];
    private readonly List<SslStreamCertificateContext> _clients = [];

    /// <summary>The directory for a host; null when there is none.</summary>
    public static string? FindDirectory(IEnumerable<string> roots, Uri url)
    {
        string name = OperatingSystem.IsWindows() ? url.Authority.Replace(":", "", StringComparison.Ordinal) : url.Authority;
        return name.StartsWith('.') ? null : roots.Select(root => Path.Combine(root, name)).FirstOrDefault(Directory.Exists);
    }

    /// <summary>Reads a directory.</summary>
    /// <exception cref="OciException">A certificate lacks its key, or a key its certificate, or one is malformed (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    /// <exception cref="StorageException">A file cannot be read.</exception>
    public static async Task<HostTls> LoadAsync(string directory)
    {
        var tls = new HostTls();
        try
        {
            foreach (string path in Directory.GetFiles(directory).Order(StringComparer.Ordinal))
                await tls.AddAsync(path).ConfigureAwait(false);
            return tls;
        }
        catch (CryptographicException e)
        {
            throw new OciException(OciErrorKind.InvalidInput, $"A certificate or key in {directory} is malformed: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "read the certificates", directory);
        }
    }

    public void ApplyTo(SslClientAuthenticationOptions options)
    {
        if (_clients.Count == 1)
            options.ClientCertificateContext = _clients[0];
        else if (_clients.Count > 1)
            options.LocalCertificateSelectionCallback = (_, _, _, server, issuers) => Choose(server, issuers)!;
        if (_authorities.Count > 0)
            options.RemoteCertificateValidationCallback = IsTrusted;
    }

    private async Task AddAsync(string path)
    {
        switch (Path.GetExtension(path))
        {
            case ".crt":
                _authorities.ImportFromPem(await File.ReadAllTextAsync(path).ConfigureAwait(false));
                break;
            case ".cert":
                string key = Path.ChangeExtension(path, ".key");
                if (!File.Exists(key))
                {
                    throw new OciException(
                        OciErrorKind.InvalidInput, $"The client certificate {path} has no key {key}; certificates of authorities must be named *.crt.");
                }
                _clients.Add(CreateClient(await File.ReadAllTextAsync(path).ConfigureAwait(false), await File.ReadAllTextAsync(key).ConfigureAwait(false)));
                break;
            case ".key":
                if (!File.Exists(Path.ChangeExtension(path, ".cert")))
                    throw new OciException(OciErrorKind.InvalidInput, $"The key {path} has no certificate {Path.ChangeExtension(path, ".cert")}.");
                break;
        }
    }

    private static SslStreamCertificateContext CreateClient(string certificatePem, string keyPem)
    {
        var certificate = X509Certificate2.CreateFromPem(certificatePem, keyPem);
        if (OperatingSystem.IsWindows())
        {
            // Windows' TLS does not take a key that is in memory only.
            using var ephemeral = certificate;
            certificate = X509CertificateLoader.LoadPkcs12(ephemeral.Export(X509ContentType.Pkcs12), null);
        }
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(certificatePem);
        return SslStreamCertificateContext.Create(certificate, chain, offline: true);
    }

    private X509Certificate2? Choose(X509Certificate? server, string[] issuers)
    {
        // Asked before the handshake, too, when it is not known yet whose certificates the host takes. It need not say it at all.
        if (server is null)
            return null;
        var chosen = _clients.Find(client => issuers.Contains(client.TargetCertificate.Issuer)
            || client.IntermediateCertificates.Any(certificate => issuers.Contains(certificate.Issuer)));
        return (chosen ?? _clients[0]).TargetCertificate;
    }

    private bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
            return true;
        // A wrong name is wrong whoever signed it.
        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is not X509Certificate2 server)
            return false;
        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        own.ChainPolicy.ApplicationPolicy.Add(ServerAuthentication);
        foreach (var element in chain?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
            own.ChainPolicy.ExtraStore.Add(element.Certificate);
        if (chain is not null)
            own.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
        return own.Build(server);
    }
}
