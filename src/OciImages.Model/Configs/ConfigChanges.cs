using OciImages.Internal.Dockerfile;

namespace OciImages.Configs;

/// <summary>Changes a config by Dockerfile instructions, as <c>docker import --change</c> and <c>docker commit --change</c> do.</summary>
public static class ConfigChanges
{
    private static readonly string[] Allowed =
        ["cmd", "entrypoint", "healthcheck", "env", "expose", "label", "onbuild", "user", "volume", "workdir"];

    /// <summary>Applies changes in order.</summary>
    /// <param name="config">The config; not changed.</param>
    /// <param name="changes">
    /// Instructions, one or more lines each: <c>CMD ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL ONBUILD USER VOLUME WORKDIR</c>, in shell or JSON
    /// form. Variables are replaced by what <see cref="ContainerConfig.Env"/> has for them.
    /// </param>
    /// <returns>The changed config; the same one without changes.</returns>
    /// <exception cref="OciException">
    /// An instruction is not allowed or malformed (<see cref="OciErrorKind.InvalidInput"/>); the message is Docker's.
    /// </exception>
    public static ContainerConfig Apply(ContainerConfig config, IEnumerable<string> changes)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(changes);
        string text = string.Join('\n', changes);
        if (text.Length == 0)
            return config;
        var instructions = InstructionReader.Read(text);
        if (instructions.FirstOrDefault(instruction => !Allowed.Contains(instruction.Name)) is { } other)
            throw new OciException(OciErrorKind.InvalidInput, $"{other.Name} is not a valid change command");
        var state = new ConfigState(config);
        foreach (var instruction in instructions)
            state.Apply(instruction);
        return state.Config;
    }
}
