using System.Security.Cryptography;
using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.Drivers;

/// <summary>Tars and ids for tests of drivers and stores.</summary>
public static class SampleLayers
{
    public static string NewId() => RandomNumberGenerator.GetHexString(64, lowercase: true);

    /// <summary>One of everything that a layer can hold.</summary>
    public static TarBuilder Nasty() => new TarBuilder()
        .Add(new TarMember("./") { Type = '5', Mode = 0x1ed, ModificationTime = 1_600_000_000 })
        .Add(new TarMember("bin/") { Type = '5', Mode = 0x1ed, ModificationTime = 1_600_000_001 })
        .Add(new TarMember("bin/su") { Mode = 0x9ed, Content = "su"u8.ToArray(), ModificationTime = 1_600_000_002 })
        .Add(new TarMember("bin/hard") { Type = '1', Mode = 0x9ed, LinkName = "bin/su"u8.ToArray(), ModificationTime = 1_600_000_002 })
        .Add(new TarMember("bin/soft") { Type = '2', Mode = 0x1ff, LinkName = "../../../etc/passwd"u8.ToArray(), UserId = 7, GroupId = 8 })
        .Add(new TarMember("owned") { UserId = 1000, GroupId = 100_000, Mode = 0x180, Content = "mine"u8.ToArray() })
        .Add(new TarMember("precise") { Content = new byte[70_000] }.WithRecord("mtime", "1700000000.123456789"))
        .Add(new TarMember("old") { Content = "x"u8.ToArray() }.WithRecord("mtime", "-5"))
        .Add(new TarMember("tmp/") { Type = '5', Mode = 0x3ff, ModificationTime = 1_600_000_003 })
        .Add(new TarMember("tmp/unreadable") { Mode = 0, Content = "?"u8.ToArray() })
        .Add(new TarMember("closed/") { Type = '5', Mode = 0, ModificationTime = 1_600_000_004 })
        .Add(new TarMember("closed/in") { Content = "in"u8.ToArray() })
        .Add(new TarMember("attributes") { Content = "a"u8.ToArray() }.WithAttribute("user.binary", [0, 255, 10, 61, 0]))
        .Add(new TarMember("capable") { Mode = 0x1ed, Content = "c"u8.ToArray() }
            .WithAttribute("security.capability", Convert.FromHexString("0100000200040000000000000000000000000000")))
        .Add(new TarMember([(byte)'n', 0xff, 0xfe, (byte)'\\', (byte)'n']) { Content = "bytes"u8.ToArray() })
        .Add(new TarMember("dev/null") { Type = '3', Mode = 0x1b6, DeviceMajor = 1, DeviceMinor = 3 })
        .Add(new TarMember("dev/disk") { Type = '4', Mode = 0x1b0, GroupId = 6, DeviceMajor = 259, DeviceMinor = 70_000 })
        .Add(new TarMember("pipe") { Type = '6', Mode = 0x1a4 })
        .Add(new TarMember(new string('d', 120) + "/" + new string('f', 200)) { Content = "long"u8.ToArray() })
        .Sparse("sparse", 1_000_000, TarSparseForm.Pax10, (0, "start"u8.ToArray()), (900_000, "end"u8.ToArray()));
}
