using OciImages.Roots;
using OciImages.TestSupport;
using OciImages.TestSupport.Processes;

namespace OciImages.Interop.Tests;

/// <summary>The program <c>oci</c> as users run it, on a root of its own.</summary>
internal sealed class OciProgram(string root, string driver = "overlay2")
{
    public static readonly string Configuration = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";

    public static string Path { get; } = System.IO.Path.Combine(RepositoryRoot.Path, "samples", "Oci", "bin", Configuration, "net10.0", "oci");

    public string Root => root;

    public string[] Arguments(params string[] arguments) => ["--root", root, "--driver", driver, .. arguments];

    public Task<CommandResult> TryRunAsync(params string[] arguments) => Command.TryRunAsync(Path, Arguments(arguments));

    /// <summary>Names an image once more.</summary>
    public async Task TagAsync(string image, string tag)
    {
        await using var opened = ImageRoot.Open(new ImageRootOptions { Path = root, Driver = driver });
        var id = await opened.References.FindAsync(ImageReference.Parse(image));
        await opened.References.SetAsync(ImageReference.Parse(tag), id!.Value);
    }

    public Task<string> RunAsync(params string[] arguments) => Command.RunAsync(Path, Arguments(arguments));
}
