namespace OciImages;

/// <summary>The failure of an image operation. The message says what failed and where, in one sentence, and holds no secrets.</summary>
public class OciException : Exception
{
    /// <summary>Makes an exception.</summary>
    /// <param name="kind">What kind of failure it is.</param>
    /// <param name="message">One sentence: what failed, and where.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public OciException(OciErrorKind kind, string message, Exception? innerException = null)
        : base(message, innerException) => Kind = kind;

    /// <summary>What kind of failure it is.</summary>
    public OciErrorKind Kind { get; }

    /// <summary>Whether the same call may succeed later without any change by the caller.</summary>
    public virtual bool IsTransient => Kind == OciErrorKind.Unavailable;
}
