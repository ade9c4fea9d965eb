using System.Diagnostics;
using System.Globalization;

namespace OciImages.Benchmarks.Registries;

/// <summary>
/// Many clients that push to and pull from a registry at once for a while. Prints what they did, every failure's kind, and how much memory
/// the server took meanwhile. No client tries again: what a retry would hide is a failure here.
/// </summary>
internal static class RegistryLoad
{
    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length is 0 or > 4 || !Uri.TryCreate(args[0], UriKind.Absolute, out var url))
        {
            Console.Error.WriteLine("usage: registry-load URL [CLIENTS [SECONDS [SERVER-PID]]]");
            return 2;
        }
        int clients = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 200;
        var time = TimeSpan.FromSeconds(args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 60);
        string? status = args.Length > 3 ? $"/proc/{args[3]}/status" : null;

        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = clients }) { BaseAddress = url, Timeout = TimeSpan.FromMinutes(2) };
        var counts = new RegistryLoadCounts();
        var clock = Stopwatch.StartNew();
        var running = Enumerable.Range(0, clients).Select(number => Task.Run(() => new RegistryLoadClient(http, number, clients, counts).RunAsync(clock, time))).ToArray();
        var all = Task.WhenAll(running);
        var tick = TimeSpan.FromSeconds(10);
        while (await Task.WhenAny(all, Task.Delay(tick)) != all)
            Print();
        await all;
        Print();
        foreach (var (failure, count) in counts.Failures.OrderByDescending(pair => pair.Value).Take(20))
            Console.WriteLine($"{count,8}  {failure}");
        Console.WriteLine($"{counts.Failures.Values.Sum()} failures");
        return counts.Failures.IsEmpty ? 0 : 1;

        void Print() => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{clock.Elapsed.TotalSeconds,4:0} s  {counts.Pushes,7} pushes  {counts.Pulls,7} pulls  {counts.BytesSent >> 20,7} MiB sent  {counts.BytesReceived >> 20,7} MiB received  {Memory(status)}"));
    }

    private static string Memory(string? status) => status is null
        ? ""
        : string.Join("  ", File.ReadLines(status)
            .Where(line => line.StartsWith("VmRSS", StringComparison.Ordinal) || line.StartsWith("VmHWM", StringComparison.Ordinal))
            .Select(line => string.Join(' ', line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))));
}
