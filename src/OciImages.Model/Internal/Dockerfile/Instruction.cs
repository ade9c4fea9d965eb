namespace OciImages.Internal.Dockerfile;

/// <summary>An instruction of a Dockerfile, cut into its parts; variables and quotes are as they were written.</summary>
/// <param name="Name">Its name in lower case.</param>
/// <param name="Flags">The words that begin with <c>--</c> and stand before the rest.</param>
/// <param name="Text">The rest, without blanks around it.</param>
internal sealed record Instruction(string Name, IReadOnlyList<string> Flags, string Text)
{
    /// <summary>The arguments: words, pairs of names and values one after another, or one text; as the instruction has them.</summary>
    internal IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Whether they stood as a JSON array.</summary>
    internal bool IsJson { get; init; }

    /// <summary>The name in capitals, for messages.</summary>
    internal string Title => Name.ToUpperInvariant();
}
