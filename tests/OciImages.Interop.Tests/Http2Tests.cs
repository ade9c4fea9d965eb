using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OciImages.Registry;
using OciImages.Registry.Uploads;
using OciImages.TestSupport;
using OciImages.TestSupport.Servers;

namespace OciImages.Interop.Tests;

/// <summary>Uploads over HTTP/2, where several share one connection and a refused one may still be sending.</summary>
public sealed class Http2Tests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private readonly ConcurrentQueue<(string Protocol, string Method)> _requests = new();
    private WebApplication? _app;
    private RegistryClient? _client;
    private int _refuse;

    public async ValueTask InitializeAsync()
    {
        var certificate = TestCertificate.Create();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(certificate);
        }));
        builder.Services.AddOciRegistry(options => options.Root = _directory["registry"]);
        _app = builder.Build();
        _app.Use(async (context, next) =>
        {
            _requests.Enqueue((context.Request.Protocol, context.Request.Method));
            if (context.Request.Method == "PATCH" && Interlocked.Decrement(ref _refuse) >= 0)
                context.Response.StatusCode = 503;
            else
                await next(context);
        });
        _app.MapOciRegistry();
        await _app.StartAsync();
        string authority = new Uri(_app.Urls.Single()).Authority;
        Directory.CreateDirectory(_directory[$"certs/{authority}"]);
        await File.WriteAllTextAsync(_directory[$"certs/{authority}/ca.crt"], certificate.ExportCertificatePem());
        var options = new RegistryClientOptions { RetryBaseDelay = TimeSpan.FromMilliseconds(10) };
        options.CertificateDirectories.Add(_directory["certs"]);
        _client = new RegistryClient(options);
        Repository = _client.GetRepository(new RepositoryName(authority, "http2/app"));
    }

    private IRepository? Repository { get; set; }

    public async ValueTask DisposeAsync()
    {
        _client!.Dispose();
        await _app!.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(UploadMode.Monolithic, 0)]
    [InlineData(UploadMode.Streamed, 0)]
    [InlineData(UploadMode.Streamed, 3)]
    [InlineData(UploadMode.Chunked, 0)]
    [InlineData(UploadMode.Chunked, 3)]
    public async Task Push_SeveralSideBySide_ArriveOverHttp2(UploadMode mode, int refused)
    {
        _refuse = refused;
        byte[][] contents = [.. Enumerable.Range(1, 4).Select(seed =>
        {
            byte[] content = new byte[6_000_000 + seed];
            new Random(seed).NextBytes(content);
            return content;
        })];

        await Task.WhenAll(contents.Select(content => Repository!.Blobs.PushAsync(
            new Descriptor(MediaTypes.OciLayer, Digest.Compute(content), content.Length),
            _ => ValueTask.FromResult<Stream>(new MemoryStream(content)),
            new BlobPushOptions { Mode = mode, ChunkSize = 1_500_000 }, TestContext.Current.CancellationToken)));

        Assert.All(_requests, request => Assert.Equal("HTTP/2", request.Protocol));
        Assert.Equal(4, _requests.Count(request => request.Method == "PUT"));
        foreach (byte[] content in contents)
        {
            byte[] stored = new byte[content.Length];
            await using var stream = await Repository!.Blobs.OpenReadAsync(
                new Descriptor(MediaTypes.OciLayer, Digest.Compute(content), content.Length), 0, TestContext.Current.CancellationToken);
            await stream.ReadExactlyAsync(stored, TestContext.Current.CancellationToken);
            Assert.Equal(content, stored);
        }
    }
}
