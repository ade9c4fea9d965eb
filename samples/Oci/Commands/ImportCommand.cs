using System.CommandLine;
using OciImages;
using OciImages.Import;

namespace Oci.Commands;

/// <summary><c>oci import FILE|URL|- [REPO[:TAG]]</c>: prints the ID of the new image.</summary>
internal static class ImportCommand
{
    private const int MaxErrorBody = 2048;

    public static Command Create(GlobalOptions global)
    {
        var source = new Argument<string>("FILE|URL|-") { Description = "A tar of a root file system; - for standard input" };
        var reference = new Argument<string?>("REPOSITORY[:TAG]") { Arity = ArgumentArity.ZeroOrOne, Description = "The name to give it" };
        var changes = new Option<string[]>("--change", "-c")
        {
            Description = "A Dockerfile instruction for the image; may be repeated",
            HelpName = "INSTRUCTION",
            DefaultValueFactory = _ => [],
        };
        var message = new Option<string?>("--message", "-m") { Description = "The comment in the image's history", HelpName = "TEXT" };
        var platform = new Option<string?>("--platform") { Description = "What the image is for (default: this machine)", HelpName = "PLATFORM" };
        var command = new Command("import", "Make an image of a root file system") { source, reference, changes, message, platform };
        command.SetAction((parsed, cancellationToken) => global.RunAsync(parsed, async service =>
        {
            string from = parsed.GetRequiredValue(source);
            var options = new ImportOptions
            {
                Reference = parsed.GetValue(reference) is { Length: > 0 } name ? ImageReference.Parse(name) : null,
                Changes = parsed.GetValue(changes) ?? [],
                Message = parsed.GetValue(message) is { Length: > 0 } text ? text : $"Imported from {(IsUrl(from) ? from : "-")}",
                Platform = parsed.GetValue(platform) is { Length: > 0 } wanted ? Platform.Parse(wanted) : null,
            };
            Console.WriteLine(IsUrl(from)
                ? await ImportFromUrlAsync(service, from, options, cancellationToken)
                : await ImportFromFileAsync(service, from, options, cancellationToken));
        }));
        return command;
    }

    private static bool IsUrl(string source) =>
        source.StartsWith("http://", StringComparison.Ordinal) || source.StartsWith("https://", StringComparison.Ordinal);

    private static async Task<ImageId> ImportFromFileAsync(ImageService service, string path, ImportOptions options, CancellationToken cancellationToken)
    {
        if (path == "-" && !Console.IsInputRedirected)
            throw new OciException(OciErrorKind.InvalidInput, "Refusing to import from a terminal: name a FILE or redirect");
        await using Stream tar = path == "-"
            ? Console.OpenStandardInput()
            : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous);
        return await service.ImportAsync(tar, options, cancellationToken);
    }

    private static async Task<ImageId> ImportFromUrlAsync(ImageService service, string url, ImportOptions options, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address))
            throw new OciException(OciErrorKind.InvalidInput, $"{url} is not a URL");
        Console.WriteLine($"Downloading from {url}");
        // How long an import may take depends on the tar; Ctrl-C ends it.
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        try
        {
            using var response = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                byte[] start = new byte[MaxErrorBody];
                int length = await body.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellationToken);
                throw new OciException(
                    OciErrorKind.NotFound,
                    $"failed to GET {url} with status {(int)response.StatusCode} {response.ReasonPhrase}: {System.Text.Encoding.UTF8.GetString(start, 0, length)}");
            }
            return await service.ImportAsync(body, options, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new OciException(OciErrorKind.Unavailable, $"failed to GET {url}: {e.Message}", e);
        }
    }
}
