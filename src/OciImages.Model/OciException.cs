using System.Globalization;

namespace OciImages;

/// <summary>The failure of an image operation. The message says what failed and where, in one sentence, and holds no secrets.</summary>
/// <remarks>
/// Messages repeat what registries, manifests and archives say. What steers a terminal or turns text around in it (control and format characters)
/// stands there as U+FFFD.
/// </remarks>
public class OciException : Exception
{
    /// <summary>Makes an exception.</summary>
    /// <param name="kind">What kind of failure it is.</param>
    /// <param name="message">One sentence: what failed, and where.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public OciException(OciErrorKind kind, string message, Exception? innerException = null)
        : base(Plain(message), innerException) => Kind = kind;

    /// <summary>What kind of failure it is.</summary>
    public OciErrorKind Kind { get; }

    /// <summary>Whether the same call may succeed later without any change by the caller.</summary>
    public virtual bool IsTransient => Kind == OciErrorKind.Unavailable;

    private static string Plain(string message)
    {
        if (!message.AsSpan().ContainsAnyExceptInRange(' ', '~') || !message.Any(Steers))
            return message;
        return string.Create(message.Length, message, static (plain, source) =>
        {
            for (int i = 0; i < plain.Length; i++)
                plain[i] = Steers(source[i]) ? '\uFFFD' : source[i];
        });
    }

    private static bool Steers(char character) => char.GetUnicodeCategory(character)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
