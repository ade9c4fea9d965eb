namespace OciImages.Removal;

/// <summary>A container, or whatever a host has like one.</summary>
/// <param name="Id">Its ID; messages show the first 12 characters.</param>
/// <param name="IsRunning">Whether it runs: then not even force removes its image.</param>
public sealed record ImageUser(string Id, bool IsRunning);
