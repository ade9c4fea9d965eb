using System.Runtime.InteropServices;

namespace OciImages.Layers.Internal.Linux;

/// <summary>Error numbers that code decides by; the same on x64 and arm64.</summary>
internal static class Errno
{
    internal const int NotPermitted = 1;
    internal const int NoEntry = 2;
    internal const int Interrupted = 4;
    internal const int TryAgain = 11;
    internal const int AccessDenied = 13;
    internal const int Busy = 16;
    internal const int Exists = 17;
    internal const int CrossDevice = 18;
    internal const int NoDevice = 19;
    internal const int NotDirectory = 20;
    internal const int IsDirectory = 21;
    internal const int Invalid = 22;
    internal const int NotTerminal = 25;
    internal const int TooManyLinks = 31;
    internal const int OutOfRange = 34;
    internal const int NameTooLong = 36;
    internal const int NotImplemented = 38;
    internal const int NotEmpty = 39;
    internal const int TooManySymlinks = 40;
    internal const int NoData = 61;
    internal const int NotSupported = 95;

    /// <summary>The error of the last failed call.</summary>
    internal static int Last => Marshal.GetLastPInvokeError();
}
