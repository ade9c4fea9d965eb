using BenchmarkDotNet.Running;

// dotnet run -c Release --project benchmarks/OciImages.Benchmarks -- --filter '*'          (--job dry for a smoke run)
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
