namespace OciImages.Registry.Tests.Uploads;

/// <summary>Keeps what was reported.</summary>
internal sealed class Sent : IProgress<long>
{
    public long Last { get; private set; }

    public List<long> All { get; } = [];

    public void Report(long value)
    {
        Last = value;
        All.Add(value);
    }
}
