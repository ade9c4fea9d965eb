namespace OciImages.TestSupport.Servers;

/// <summary>How a <see cref="FaultServer"/> ends an answer.</summary>
public enum FaultEnding
{
    /// <summary>As HTTP has it; the connection stays open.</summary>
    Complete,

    /// <summary>The connection is closed in order (FIN).</summary>
    Close,

    /// <summary>The connection is reset (RST).</summary>
    Reset,

    /// <summary>Nothing more comes until the client goes away.</summary>
    Stall,

    /// <summary>The body is repeated until the client goes away.</summary>
    Endless,
}
