using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OciImages.Registry.Http;
using OciImages.IO;

namespace OciImages.Registry.Auth;

/// <summary>Changes Docker's <c>config.json</c>: as a whole, one process at a time, and nothing but what it is told to.</summary>
internal sealed class DockerConfigEditor(string path, TimeProvider clock)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly TimeSpan LockTime = TimeSpan.FromSeconds(10);

    /// <summary>Reads, changes and writes the file; makes it when it is missing.</summary>
    /// <param name="edit">Changes the root; returns whether it did.</param>
    /// <param name="cancellationToken">Cancels before the file is replaced.</param>
    /// <returns>What <paramref name="edit"/> returned.</returns>
    /// <exception cref="OciException">The file is not a JSON object (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    /// <exception cref="StorageException">It cannot be read or written; it is as it was.</exception>
    public async Task<bool> EditAsync(Func<JsonObject, bool> edit, CancellationToken cancellationToken)
    {
        string file = Prepare();
        using var held = await FileLock.AcquireAsync(file + ".lock", LockTime, clock, cancellationToken).ConfigureAwait(false);
        byte[]? json = await CredentialFile.ReadAsync(file, cancellationToken).ConfigureAwait(false);
        var root = json is null or [] ? [] : Parse(json);
        if (!edit(root))
            return false;
        await DurableFile.WriteAsync(file, Write(root), OwnerOnly, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>A member that is an object; made when it is missing or something else.</summary>
    public static JsonObject Member(JsonObject root, string name)
    {
        if (root[name] is JsonObject member)
            return member;
        var made = new JsonObject();
        root[name] = made;
        return made;
    }

    // Makes the directory, and looks through links: whoever keeps the file elsewhere keeps the link.
    private string Prepare()
    {
        try
        {
            var info = new FileInfo(path);
            string file = info.LinkTarget is null ? info.FullName : info.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
            string directory = Path.GetDirectoryName(file)!;
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(directory);
            else
                Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "prepare the directory of the Docker configuration", path);
        }
    }

    private JsonObject Parse(byte[] json)
    {
        try
        {
            var options = new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, AllowDuplicateProperties = false };
            if (JsonNode.Parse(json, documentOptions: options) is JsonObject root)
                return root;
        }
        catch (Exception e) when (JsonFault.Is(e))
        {
        }
        throw new OciException(OciErrorKind.InvalidInput, $"The Docker configuration {path} is not a JSON object, and is left as it is.");
    }

    // Docker's own form: tabs, and characters as they are.
    private static ReadOnlyMemory<byte> Write(JsonObject root)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var options = new JsonWriterOptions
        {
            Indented = true,
            IndentCharacter = '\t',
            IndentSize = 1,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        using (var writer = new Utf8JsonWriter(buffer, options))
            root.WriteTo(writer);
        return buffer.WrittenMemory;
    }
}
