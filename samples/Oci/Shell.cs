using System.CommandLine;
using Oci.Output;
using OciImages;

namespace Oci;

/// <summary>The program's contract with scripts: 0 is success, 1 a failure told in one line, 2 bad usage.</summary>
internal static class Shell
{
    private const int Failure = 1;
    private const int BadUsage = 2;
    private const int Interrupted = 130; // 128 + SIGINT, as shells have it

    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            Console.Error.WriteLine($"oci: {OneLine(parsed.Errors[0].Message)}");
            Console.Error.WriteLine($"Try 'oci {parsed.CommandResult.Command.Name} --help'.".Replace("oci oci", "oci", StringComparison.Ordinal));
            return BadUsage;
        }
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("oci: interrupted");
            return Interrupted;
        }
        catch (Exception e) when (e is OciException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"oci: {OneLine(e.Message)}");
            return Failure;
        }
    }

    private static string OneLine(string message) => Text.Plain(message.ReplaceLineEndings(" ")).TrimEnd('.', ' ');
}
