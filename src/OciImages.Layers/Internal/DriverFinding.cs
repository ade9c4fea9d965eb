using OciImages.IO;

namespace OciImages.Layers.Internal;

/// <summary>Something wrong in a driver's files that can be put right without losing anything.</summary>
internal sealed record DriverFinding(string Path, string Problem, StoreFindingSeverity Severity, string Repair, Action Fix);
