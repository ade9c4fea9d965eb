namespace OciImages.TestSupport.Processes;

/// <summary>What a program left.</summary>
public sealed record CommandResult(int ExitCode, string Output, string Error);
