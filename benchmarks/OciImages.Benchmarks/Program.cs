using BenchmarkDotNet.Running;
using OciImages.Benchmarks.Roots;

// dotnet run -c Release --project benchmarks/OciImages.Benchmarks -- --filter '*'          (--job dry for a smoke run)
// dotnet run -c Release --project benchmarks/OciImages.Benchmarks -- many-images           (first calls on a large root, see there)
if (args is ["many-images", ..])
    await ManyImagesTimes.RunAsync(args.ElementAtOrDefault(1));
else
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
