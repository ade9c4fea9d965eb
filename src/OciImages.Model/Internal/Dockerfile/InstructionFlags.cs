namespace OciImages.Internal.Dockerfile;

/// <summary>Flags of an instruction, <c>--name=value</c>.</summary>
internal static class InstructionFlags
{
    internal static Dictionary<string, string> Read(Instruction instruction, params ReadOnlySpan<string> known)
    {
        var flags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string flag in instruction.Flags)
        {
            int equals = flag.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? flag[2..] : flag[2..equals];
            if (!known.Contains(name))
                throw DockerfileError.Of($"Unknown flag: {name}");
            if (equals < 0)
                throw DockerfileError.Of($"Missing a value on flag: {name}");
            if (!flags.TryAdd(name, flag[(equals + 1)..]))
                throw DockerfileError.Of($"Duplicate flag specified: {name}");
        }
        return flags;
    }
}
