using BenchmarkDotNet.Running;
using OciImages.Benchmarks.Registries;
using OciImages.Benchmarks.Roots;
using OciImages.Benchmarks.Transfers;

// dotnet run -c Release --project benchmarks/OciImages.Benchmarks -- --filter '*'          (--job dry for a smoke run)
// dotnet run -c Release --project benchmarks/OciImages.Benchmarks -- many-images           (first calls on a large root, see there)
// dotnet run -c Release --project benchmarks/OciImages.Benchmarks -- collection            (100,000 pieces of content)
// dotnet run -c Release --project benchmarks/OciImages.Benchmarks -- transfers             (needs nginx; see TransferBenchmarks)
// dotnet run -c Release --project benchmarks/OciImages.Benchmarks -- registry-load URL     (200 clients for a minute; see RegistryLoad)
if (args is ["many-images", ..])
    await ManyImagesTimes.RunAsync(args.ElementAtOrDefault(1));
else if (args is ["collection", ..])
    await CollectionTimes.RunAsync(args.ElementAtOrDefault(1));
else if (args is ["transfers", ..])
    await TransferBenchmarks.RunAsync(args[1..]);
else if (args is ["registry-load", ..])
    return await RegistryLoad.RunAsync(args[1..]);
else
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
