using Microsoft.Extensions.Logging;
using OciImages.Layers.Drivers;

namespace OciImages.Layers.Internal.Unpacking;

/// <summary>How a driver wants diffs unpacked.</summary>
internal sealed class UnpackSettings
{
    internal required UnpackPolicy Policy { get; init; }

    internal required IWhiteoutForm Whiteouts { get; init; }

    internal required ILogger Logger { get; init; }

    /// <summary>Whether the member of the root sets owner, mode and attributes; its times are set anyway.</summary>
    internal bool ApplyRoot { get; init; }

    /// <summary>Where goes what cannot be set; null to fail or warn as Docker does.</summary>
    internal MemberRecordWriter? Records { get; init; }
}
