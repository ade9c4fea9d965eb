namespace OciImages.TestSupport.Servers;

/// <summary>A real nginx in front of a registry on loopback.</summary>
public sealed class NginxProxy : IAsyncDisposable
{
    private readonly TempDirectory _directory;
    private readonly ServerProcess _process;

    private NginxProxy(TempDirectory directory, ServerProcess process, int port) => (_directory, _process, Port) = (directory, process, port);

    public int Port { get; }

    /// <summary>Address and port.</summary>
    public string Authority => $"127.0.0.1:{Port}";

    /// <summary>The requests that it has answered so far.</summary>
    public IReadOnlyList<AccessLogEntry> AccessLog => [.. File.ReadLines(_directory["access.log"]).Select(AccessLogEntry.Parse).OfType<AccessLogEntry>()];

    /// <summary>Starts a proxy for a loopback port.</summary>
    public static async Task<NginxProxy> StartAsync(int upstreamPort, NginxProxyOptions? options = null)
    {
        var directory = new TempDirectory();
        try
        {
            for (int attempt = 1; ; attempt++)
            {
                int port = ServerProcess.FreePort();
                File.WriteAllText(directory["nginx.conf"], Configuration(directory, port, upstreamPort, options ?? new NginxProxyOptions()));
                try
                {
                    var process = await ServerProcess.StartAsync(
                        port, "nginx", "-p", directory.Path, "-c", directory["nginx.conf"], "-e", directory["error.log"]);
                    return new NginxProxy(directory, process, port);
                }
                catch (InvalidOperationException) when (attempt < 3)
                {
                }
            }
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _directory.Dispose();
    }

    // One process (master_process off), so that killing it leaves no workers.
    private static string Configuration(TempDirectory directory, int port, int upstreamPort, NginxProxyOptions options)
    {
        string temp = string.Join('\n', new[] { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" }.Select(name => $"{name}_temp_path {directory[name]};"));
        string ranges = options.IgnoresRanges ? "proxy_set_header Range \"\"; max_ranges 0;" : "";
        string rate = options.LimitRate is { } limit ? $"limit_rate {limit};" : "";
        string blobs = options.RedirectBlobsTo is { } target ? $"return 307 {target}$request_uri;" : $"{ranges} {rate} proxy_pass http://127.0.0.1:{upstreamPort};";
        string failing = options.UnavailablePercent + options.DroppedPercent == 0 ? "" : """
            if ($fate = unavailable) { return 503; }
            if ($fate = dropped) { return 444; }
            """;
        string tls = "";
        if (options.Certificate is { } certificate)
        {
            TestCertificate.WritePem(certificate, directory["tls.crt"], directory["tls.key"]);
            tls = $"ssl_certificate {directory["tls.crt"]}; ssl_certificate_key {directory["tls.key"]};";
        }
        if (options.ClientAuthority is { } authority)
        {
            File.WriteAllText(directory["clients.crt"], authority.ExportCertificatePem());
            tls += $" ssl_client_certificate {directory["clients.crt"]}; ssl_verify_client on;";
        }
        return $$"""
            daemon off; master_process off; worker_processes 1; pid {{directory["nginx.pid"]}};
            events { worker_connections 512; }
            http {
              access_log {{directory["access.log"]}} combined;
              {{temp}}
              split_clients $request_id$msec $fate { {{Share(options.UnavailablePercent, "unavailable")}} {{Share(options.DroppedPercent, "dropped")}} * none; }
              server {
                listen 127.0.0.1:{{port}}{{(tls.Length > 0 ? " ssl" : "")}}; {{tls}}
                client_max_body_size 0; proxy_buffering off; proxy_http_version 1.1; proxy_set_header Host $http_host;
                add_header Retry-After 0 always;
                location / { {{failing}} proxy_pass http://127.0.0.1:{{upstreamPort}}; }
                location ~ /blobs/sha { {{failing}} {{blobs}} }
              }
            }
            """;
    }

    private static string Share(int percent, string fate) => percent == 0 ? "" : $"{percent}% {fate};";
}
