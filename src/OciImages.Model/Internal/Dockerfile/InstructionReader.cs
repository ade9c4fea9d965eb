using System.Text;

namespace OciImages.Internal.Dockerfile;

/// <summary>Cuts the text of a Dockerfile into instructions: lines that go on, comments, flags, and the form of each instruction's arguments.</summary>
internal static class InstructionReader
{
    internal const char Escape = '\\';

    private static readonly char[] Blanks = ['\t', '\v', '\f', '\r', ' '];

    internal static List<Instruction> Read(string text)
    {
        var instructions = new List<Instruction>();
        var line = new StringBuilder();
        bool goesOn = false;
        foreach (string physical in text.Split('\n'))
        {
            string part = physical.EndsWith('\r') ? physical[..^1] : physical;
            bool isComment = part.AsSpan().TrimStart().StartsWith('#');
            if (isComment || string.IsNullOrWhiteSpace(part))
                continue;
            if (!goesOn)
                part = part.TrimStart();
            var trimmed = part.AsSpan().TrimEnd(" \t");
            goesOn = trimmed.EndsWith([Escape]);
            line.Append(goesOn ? trimmed[..^1] : part);
            if (!goesOn)
                Add(instructions, line);
        }
        Add(instructions, line);
        return instructions.Count > 0 ? instructions : throw DockerfileError.Of("file with no instructions");
    }

    private static void Add(List<Instruction> instructions, StringBuilder line)
    {
        string text = line.ToString().Trim();
        line.Clear();
        if (text.Length == 0)
            return;
        int end = text.IndexOfAny(Blanks);
        string name = (end < 0 ? text : text[..end]).ToLowerInvariant();
        var (flags, rest) = Words.TakeFlags(end < 0 ? "" : text[end..].TrimStart(Blanks));
        instructions.Add(WithArguments(new Instruction(name, flags, rest.Trim())));
    }

    private static Instruction WithArguments(Instruction instruction)
    {
        string text = instruction.Text;
        switch (instruction.Name)
        {
            case "env" or "label":
                return instruction with { Arguments = Words.ReadPairs(text, instruction.Title) };
            case "expose":
                return instruction with { Arguments = text.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries) };
            case "healthcheck":
                int end = text.AsSpan().IndexOfAny(" \t");
                return end < 0 ? WithOne(instruction, text) : WithCommand(instruction, text[..end], text[end..]);
            case "volume" when !IsJson(text, out _):
                return instruction with { Arguments = text.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries) };
            case "cmd" or "entrypoint" or "volume" or "run" or "shell":
                return IsJson(text, out var list) ? instruction with { Arguments = list, IsJson = true } : WithOne(instruction, text);
            default:
                return WithOne(instruction, text);
        }
    }

    private static Instruction WithOne(Instruction instruction, string text) => text.Length == 0 ? instruction : instruction with { Arguments = [text] };

    private static Instruction WithCommand(Instruction instruction, string type, string command) => IsJson(command, out var list)
        ? instruction with { Arguments = [type, .. list], IsJson = true }
        : instruction with { Arguments = [type, command.Trim()] };

    private static bool IsJson(string text, out IReadOnlyList<string> list) => JsonForm.TryRead(text, out list);
}
