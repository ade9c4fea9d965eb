using System.Diagnostics;
using System.Globalization;
using OciImages.Registry;

namespace OciImages.Benchmarks.Transfers;

/// <summary>
/// Large blobs over real sockets, against nginx: what several ranges gain where the server limits each connection, and what memory a blob takes.
/// Not BenchmarkDotNet's: one run takes up to half a minute, and memory is that of a whole process.
/// </summary>
internal static class TransferBenchmarks
{
    private const int MiB = 1 << 20;
    private const int RatePerConnection = 20 * MiB;
    // Slow enough that every size is read by ranges, which is what takes the memory.
    private const int RangedRate = 60 * MiB;

    public static async Task RunAsync(string[] arguments)
    {
        if (arguments is ["memory", var verb, var bytes])
        {
            await MeasureMemoryAsync(verb == "push", long.Parse(bytes, CultureInfo.InvariantCulture));
            return;
        }
        int rounds = arguments is [var count] ? int.Parse(count, CultureInfo.InvariantCulture) : 3;
        await MeasureRangesAsync(512L * MiB, rounds);
        foreach (var (direction, size) in new[] { ("pull", 64L), ("pull", 1024), ("pull", 4096), ("push", 64), ("push", 1024) })
            await RunInOwnProcessAsync(direction, size * MiB);
    }

    private static async Task MeasureRangesAsync(long size, int rounds)
    {
        await using var server = await NginxBlobServer.StartAsync(size, RatePerConnection);
        // Alternating, so that a busy moment hits both.
        var seconds = new Dictionary<int, List<double>> { [1] = [], [4] = [] };
        for (int round = 0; round < rounds; round++)
        {
            foreach (int ranges in new[] { 1, 4 })
                seconds[ranges].Add(await PullAsync(server, ranges));
        }
        double one = Median(seconds[1]), four = Median(seconds[4]);
        Console.WriteLine($"512 MiB at {RatePerConnection / MiB} MiB/s per connection, {rounds} rounds, medians:");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  1 range  {one,6:0.00} s  {size / MiB / one,6:0.0} MiB/s"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  4 ranges {four,6:0.00} s  {size / MiB / four,6:0.0} MiB/s  ({one / four:0.00} times as fast)"));
    }

    private static async Task<double> PullAsync(NginxBlobServer server, int ranges)
    {
        using var client = new RegistryClient(new RegistryClientOptions { MaxRangesPerBlob = ranges });
        byte[] buffer = new byte[128 * 1024];
        long start = Stopwatch.GetTimestamp();
        long total = 0;
        await using (var stream = await client.GetRepository(server.Repository).Blobs.OpenReadAsync(server.Blob))
        {
            for (int read; (read = await stream.ReadAsync(buffer)) > 0;)
                total += read;
        }
        return total == server.Blob.Size ? Stopwatch.GetElapsedTime(start).TotalSeconds : throw new InvalidOperationException($"{total} bytes came.");
    }

    private static async Task RunInOwnProcessAsync(string direction, long size)
    {
        // Without these two the longer run shows the memory of the code that the JIT made meanwhile, and of garbage up to the runtime's budget.
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["transfers", "memory", direction, $"{size}"])
        {
            Environment = { ["DOTNET_TieredCompilation"] = "0", ["DOTNET_GCgen0size"] = "0x200000" },
        };
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
    }

    private static async Task MeasureMemoryAsync(bool isPush, long size)
    {
        await using var server = await NginxBlobServer.StartAsync(size, isPush ? null : RangedRate);
        long before = GC.GetTotalAllocatedBytes();
        if (isPush)
        {
            using var client = new RegistryClient();
            var sent = new Sent();
            await client.GetRepository(server.Repository).Blobs.PushAsync(
                server.Blob, _ => ValueTask.FromResult<Stream>(File.OpenRead(server.File)), new BlobPushOptions { Progress = sent });
            if (sent.Bytes != size)
                throw new InvalidOperationException($"{sent.Bytes} bytes were sent.");
        }
        else
        {
            await PullAsync(server, ranges: 4);
        }
        using var self = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{(isPush ? "push" : "pull")} of {size / MiB,5} MiB: {self.PeakWorkingSet64 / MiB} MiB of memory at most, {
                (GC.GetTotalAllocatedBytes() - before) / 1024} KiB allocated in {GC.CollectionCount(0)} collections"));
    }

    private sealed class Sent : IProgress<long>
    {
        public long Bytes { get; private set; }

        public void Report(long value) => Bytes = value;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
