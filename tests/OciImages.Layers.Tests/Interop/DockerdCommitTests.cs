using System.Diagnostics;
using System.Text;
using OciImages.Layers.Diff;
using OciImages.Layers.Internal.Linux;
using OciImages.TestSupport;

namespace OciImages.Layers.Tests.Interop;

/// <summary>What a real dockerd commits from a container against what the differ makes of the container's upper directory.</summary>
public class DockerdCommitTests
{
    private const string Script = """
        cd /; rm d/gone; rm -r d/e; mkdir d/e; echo 1 > d/e/new; echo changed >> d/kept; echo n > a.b; mkdir a; echo m > a/m
        ln a.b hard; ln -s ../x soft; mkfifo pipe; mknod null c 1 3; mknod loop b 7 200; chmod 4755 a.b; chown 3000000:7 a/m
        touch -d '1965-01-01 00:00:00' a/old; touch -d '2300-01-01 00:00:00' a/late; echo x > "a/é"; rm d/gone2; mkdir -p q/r; chmod 1777 q
        L=nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn
        mkdir -p $L/$L; echo 1 > $L/$L/f; echo 1 > $L/$L$L; ln -s $L/$L/$L longlink; ln $L/$L/f zlink; head -c 70000 /dev/zero > zeros
        """;

    [Fact]
    public async Task WriteDiff_UpperDirectoryOfAContainer_IsWhatDockerdCommits()
    {
        Peers.RequireRoot();
        string dockerd = Peers.Require("dockerd"), docker = Peers.Require("docker"), tar = Peers.Require("tar"), busybox = Peers.Require("busybox");
        using var directory = new TempDirectory();
        string root = directory["rootfs"];
        foreach (string name in new[] { "bin", "d/e" })
            Directory.CreateDirectory(Path.Combine(root, name));
        File.Copy(busybox, Path.Combine(root, "bin/busybox"));
        foreach (string name in new[] { "d/gone", "d/gone2", "d/kept", "d/e/old" })
            await File.WriteAllTextAsync(Path.Combine(root, name), name, TestContext.Current.CancellationToken);
        await RunAsync(tar, "-C", root, "-cf", directory["base.tar"], ".");
        string socket = $"unix://{directory["s"]}";
        using Process daemon = Process.Start(new ProcessStartInfo(dockerd,
        [
            "--data-root", directory["data"], "--exec-root", directory["exec"], "-H", socket, "--pidfile", directory["pid"],
            "--iptables=false", "--bridge=none", "--storage-driver", "overlay2",
        ]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var log = Task.WhenAll(daemon.StandardError.ReadToEndAsync(), daemon.StandardOutput.ReadToEndAsync());
        try
        {
            while (!daemon.HasExited && !File.Exists(directory["s"]))
                await Task.Delay(50, TestContext.Current.CancellationToken);
            await RunAsync(docker, "-H", socket, "import", directory["base.tar"], "base:1");
            string id = (await RunAsync(docker, "-H", socket, "create", "--network", "none", "base:1", "/bin/busybox", "sh", "-c", Script)).Trim();
            string output = await RunAsync(docker, "-H", socket, "start", "-a", id);
            Assert.Equal("", output);
            string upper = (await RunAsync(docker, "-H", socket, "inspect", "-f", "{{.GraphDriver.Data.UpperDir}}", id)).Trim();
            byte[] capability = [1, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 9, 0, 0];
            Assert.Equal(0, Libc.SetAttributePath(CString.From(Path.Combine(upper, "a.b")), "security.capability\0"u8, capability, capability.Length, 0));
            await RunAsync(docker, "-H", socket, "commit", id, "committed:1");
            await RunAsync(docker, "-H", socket, "save", "-o", directory["saved.tar"], "committed:1");
            Directory.CreateDirectory(directory["saved"]);
            await RunAsync(tar, "-C", directory["saved"], "-xf", directory["saved.tar"]);
            string top = Directory.GetFiles(directory["saved"], "layer.tar", SearchOption.AllDirectories).Single(path => !HoldsBase(path));
            using var own = new MemoryStream();
            await TreeDiffer.OfOverlay(upper).WriteDiffAsync(own, TestContext.Current.CancellationToken);
            byte[] committed = Modernize(await File.ReadAllBytesAsync(top, TestContext.Current.CancellationToken));
            Assert.Equal(committed, own.ToArray());
        }
        finally
        {
            await RunAsync("kill", $"{daemon.Id}");
            await daemon.WaitForExitAsync(CancellationToken.None);
            await log;
            Libc.Unmount(CString.From(directory["data/overlay2"]), 2);
        }
    }

    private static bool HoldsBase(string path) => File.ReadAllBytes(path).AsSpan().IndexOf("bin/busybox"u8) >= 0;

    /// <summary>Takes out what dockerd left away from version 24 on, the bits of the type and the owners' names, and what depends on the kernel's history.</summary>
    private static byte[] Modernize(byte[] tar)
    {
        for (int at = 0; at < tar.Length && tar.AsSpan(at, 512).ContainsAnyExcept((byte)0);)
        {
            Span<byte> block = tar.AsSpan(at, 512);
            int mode = Convert.ToInt32(Encoding.ASCII.GetString(block.Slice(100, 7)), 8) & 0xfff;
            Encoding.ASCII.GetBytes(Convert.ToString(mode, 8).PadLeft(7, '0')).CopyTo(block[100..]);
            block.Slice(265, 64).Clear();
            // Kernels since 5.8 make all whiteouts hard links of one device, and dockerd leaves its name in the headers of the others.
            if (block[156] == '0')
                block.Slice(157, 100).Clear();
            block.Slice(148, 8).Fill((byte)' ');
            int sum = 0;
            foreach (byte value in block)
                sum += value;
            Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0").CopyTo(block[148..]);
            long size = Convert.ToInt64(Encoding.ASCII.GetString(block.Slice(124, 11)), 8);
            at += 512 + (int)((size + 511) & ~511);
        }
        return tar;
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {await error}");
        return await output + (program.EndsWith("docker", StringComparison.Ordinal) ? await error : "");
    }
}
