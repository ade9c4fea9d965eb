using System.Text;

namespace Oci.Output;

/// <summary>Asks on the terminal for a name and a password, and reads a password from a pipe.</summary>
internal static class SecretPrompt
{
    private const int MaxLength = 256 * 1024;

    /// <summary>Asks for a name.</summary>
    public static string? AskName()
    {
        Console.Error.Write("Username: ");
        return Console.ReadLine()?.Trim();
    }

    /// <summary>Asks for a password; the terminal does not show it.</summary>
    public static string AskPassword()
    {
        Console.Error.Write("Password: ");
        var password = new StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            if (key.Key == ConsoleKey.Enter)
                break;
            if (key.Key == ConsoleKey.Backspace)
                password.Length = Math.Max(0, password.Length - 1);
            else if (!char.IsControl(key.KeyChar))
                password.Append(key.KeyChar);
        }
        Console.Error.WriteLine();
        return password.ToString();
    }

    /// <summary>Reads a password from standard input, without the line's end.</summary>
    public static async Task<string> ReadInputAsync(CancellationToken cancellationToken)
    {
        char[] buffer = new char[MaxLength];
        int count = await Console.In.ReadBlockAsync(buffer, cancellationToken);
        var text = buffer.AsSpan(0, count);
        if (text.EndsWith("\n"))
            text = text[..^1];
        return (text.EndsWith("\r") ? text[..^1] : text).ToString();
    }
}
