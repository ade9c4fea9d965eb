namespace OciImages.Testing.Tests;

public class RecordingProgressTests
{
    [Fact]
    public void Report_FromManyThreads_KeepsEach()
    {
        var progress = new RecordingProgress<int>();
        Parallel.For(0, 1000, progress.Report);
        Assert.Equal(Enumerable.Range(0, 1000), progress.Reports.Order());
    }
}
