using System.Diagnostics;
using System.Net.Sockets;

namespace OciImages.Benchmarks.Transfers;

/// <summary>
/// nginx as a registry of one sparse blob. It serves the file itself: <c>limit_rate</c> does nothing for what is proxied without buffering.
/// It takes every upload and keeps nothing of it.
/// </summary>
internal sealed class NginxBlobServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _directory;

    private NginxBlobServer(Process process, string directory, int port, Descriptor blob)
    {
        (_process, _directory, Blob) = (process, directory, blob);
        Repository = new RepositoryName($"127.0.0.1:{port}", "bench/blob");
    }

    public RepositoryName Repository { get; }

    public Descriptor Blob { get; }

    public string File => Path.Combine(_directory, "blob");

    public static async Task<NginxBlobServer> StartAsync(long size, int? ratePerConnection)
    {
        string directory = Directory.CreateTempSubdirectory("oci-bench-").FullName;
        string file = Path.Combine(directory, "blob");
        await using (var stream = new FileStream(file, FileMode.Create))
            stream.SetLength(size);
        Digest digest;
        await using (var stream = System.IO.File.OpenRead(file))
            digest = await Digest.ComputeAsync(stream, DigestAlgorithm.Sha256);
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        int port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        await System.IO.File.WriteAllTextAsync(Path.Combine(directory, "nginx.conf"), Configuration(directory, port, digest, ratePerConnection));
        var process = Process.Start("nginx", ["-p", directory, "-c", Path.Combine(directory, "nginx.conf"), "-e", Path.Combine(directory, "error.log")]);
        var server = new NginxBlobServer(process, directory, port, new Descriptor(MediaTypes.OciLayer, digest, size));
        for (int i = 0; ; i++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(System.Net.IPAddress.Loopback, port);
                return server;
            }
            catch (SocketException) when (i < 200)
            {
                await Task.Delay(50);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static string Configuration(string directory, int port, Digest digest, int? rate)
    {
        string temp = string.Join('\n', new[] { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" }.Select(name => $"{name}_temp_path {directory}/{name};"));
        // An upload is passed on to a server that throws it away, so that it is read to its end and never kept.
        return $$"""
            user root; daemon off; master_process off; worker_processes 1; pid {{directory}}/nginx.pid;
            events { worker_connections 512; }
            http {
              access_log off; {{temp}} client_max_body_size 0; default_type application/octet-stream;
              server { listen unix:{{directory}}/sink; location / { client_body_in_file_only off; return 201; } }
              server {
                listen 127.0.0.1:{{port}};
                location = /v2/ { return 200 "{}"; }
                location = /v2/bench/blob/blobs/{{digest}} {
                  {{(rate is null ? "return 404;" : $"alias {directory}/blob; limit_rate {rate};")}}
                }
                location = /v2/bench/blob/blobs/uploads/ { add_header Location /v2/bench/blob/blobs/uploads/1 always; return 202; }
                location = /v2/bench/blob/blobs/uploads/1 {
                  proxy_request_buffering off; proxy_http_version 1.1; proxy_pass http://unix:{{directory}}/sink;
                }
              }
            }
            """;
    }
}
