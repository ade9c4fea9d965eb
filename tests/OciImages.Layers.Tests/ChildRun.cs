using System.Diagnostics;

namespace OciImages.Layers.Tests;

/// <summary>Runs tests of this assembly in a process of their own: to be killed, or with other rights.</summary>
public static class ChildRun
{
    /// <summary>Starts a child that runs some tests.</summary>
    /// <param name="filter">Options that choose the tests.</param>
    /// <param name="environment">A variable that tells the test that it is the child.</param>
    /// <param name="assemblyFolder">Where the assembly is; null for here.</param>
    /// <param name="temporary">Where the child makes temporary directories, if it cannot remove them; null for the usual place.</param>
    /// <param name="wrapper">A command that starts the command behind it.</param>
    public static Process Start(
        string[] filter, (string Name, string Value) environment, string? assemblyFolder = null, string? temporary = null, params string[] wrapper)
    {
        string assembly = Path.Combine(assemblyFolder ?? AppContext.BaseDirectory, Path.GetFileName(typeof(ChildRun).Assembly.Location));
        string dotnet = Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", "..", "dotnet");
        string[] command = [.. wrapper, Path.GetFullPath(dotnet), assembly, .. filter, "--no-progress", "--no-ansi"];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/tmp",
        };
        start.Environment[environment.Name] = environment.Value;
        start.Environment["DOTNET_CLI_HOME"] = "/tmp";
        start.Environment["HOME"] = "/tmp";
        if (temporary is not null)
            start.Environment["TMPDIR"] = temporary;
        return Process.Start(start)!;
    }

    /// <summary>Waits for the end of a child.</summary>
    /// <returns>What it printed.</returns>
    public static async Task<string> OutputAsync(Process child)
    {
        var output = child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = child.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);
        return await output + await error;
    }
}
