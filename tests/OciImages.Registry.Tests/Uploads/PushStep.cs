using OciImages.Manifests;
using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests.Uploads;

/// <summary>One kind of request of a push, to be answered wrongly.</summary>
internal sealed record PushStep(string Name, Func<FaultRequest, bool> Is)
{
    public static readonly byte[] Content = Registries.Bytes(1_200_000);

    public static readonly ManifestContent Manifest = ImageManifest.Create(Registries.Blob("{}"u8.ToArray(), MediaTypes.OciConfig), [Registries.Blob(Content)]).Content;

    public static IReadOnlyList<PushStep> All { get; } =
    [
        new("HEAD", request => request.Method == "HEAD"),
        new("mount", request => request.Method == "POST" && request.Target.Contains("mount=", StringComparison.Ordinal)),
        new("POST", request => request.Method == "POST" && !request.Target.Contains("mount=", StringComparison.Ordinal)),
        new("PATCH", request => request.Method == "PATCH"),
        new("PUT", request => request.Method == "PUT" && request.Path.Contains("/uploads/", StringComparison.Ordinal)),
        new("status", request => request.Method == "GET" && request.Path.Contains("/uploads/", StringComparison.Ordinal)),
        new("manifest", request => request.Method == "PUT" && request.Path.Contains("/manifests/", StringComparison.Ordinal)),
    ];

    public static PushStep Get(string name) => All.Single(step => step.Name == name);

    /// <summary>Pushes so that the step is made, with its answer as the test has it.</summary>
    /// <param name="fault">Gets the number of the request of this kind, from 1; null for a right answer.</param>
    /// <param name="clock">Lets what stalls time out.</param>
    /// <param name="check">Looks at the registry and at what the push threw.</param>
    public async Task RunAsync(Func<int, FaultResponse?> fault, SkippingClock clock, Action<DialectRegistry, OciException?> check)
    {
        await using var registry = DialectRegistry.Start(Dialect.Get("specification"));
        int asked = 0, bodies = 0;
        registry.Server.Stalling = clock.ExpireIdle;
        registry.Fault = request => Is(request) && fault(Interlocked.Increment(ref asked)) is { } wrong ? wrong
            : request.Path.Contains("/manifests/", StringComparison.Ordinal) ? new FaultResponse(201).With("Docker-Content-Digest", Manifest.Descriptor.Digest.ToString())
            : null;
        if (Name == "status")
            registry.Server.CutBody = (_, _) => Interlocked.Increment(ref bodies) == 1 ? 300_000 : null;
        using var client = new RegistryClient(Registries.Options(clock));
        var repository = client.Repository(registry.Server);
        var options = new BlobPushOptions { MountFrom = Name is "mount" ? [Registries.Name(registry.Server.Authority, "team/base")] : [] };
        OciException? failure = null;
        try
        {
            if (Name == "manifest")
                await repository.Manifests.PutAsync("v1", Manifest);
            else
                await repository.Blobs.PushAsync(Registries.Blob(Content), Uploads.Content.Of(Content), options);
        }
        catch (OciException e)
        {
            failure = e;
        }
        Assert.Empty(registry.Violations);
        // Nothing goes on for ever.
        Assert.InRange(registry.Methods.Count(), 1, 40);
        if (failure is null && Name != "manifest")
            Assert.Equal(Content, registry.Blobs[$"{Registries.Path}@{Digest.Compute(Content)}"]);
        check(registry, failure);
    }
}
