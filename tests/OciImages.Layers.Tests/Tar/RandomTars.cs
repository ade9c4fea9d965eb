using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.Tar;

/// <summary>Tars with members of every sort in random order.</summary>
internal static class RandomTars
{
    public static byte[] Make(Random random, int members)
    {
        var builder = new TarBuilder();
        for (int i = 0; i < members; i++)
        {
            byte[] name = Name(random, i);
            byte[] content = new byte[random.Next(3) == 0 ? 0 : random.Next(6) == 0 ? random.Next(200_000) : random.Next(2000)];
            random.NextBytes(content);
            TarDialect dialect = random.Next(3) == 0 ? TarDialect.Gnu : TarDialect.Pax;
            var member = new TarMember(name) { Dialect = dialect, UserId = random.Next(), Mode = random.Next(4096), ModificationTime = random.Next() - (1 << 30) };
            switch (random.Next(9))
            {
                case 0:
                    builder.Add(member with { Type = '5', Name = [.. name, (byte)'/'] });
                    break;
                case 1:
                    builder.Add(member with { Type = '2', LinkName = Name(random, 0) });
                    break;
                case 2:
                    builder.Add((member with { Dialect = TarDialect.Pax, Content = content }).WithAttribute("user.x", content[..Math.Min(content.Length, 50)]));
                    break;
                case 3:
                    builder.Sparse(member, 500_000, (TarSparseForm)random.Next(4), Runs(random));
                    break;
                case 4:
                    char type = "367DMQ"[random.Next(6)];
                    builder.Add(member with { Type = type, Content = type is '3' or '6' ? [] : content, DeviceMajor = 3 });
                    break;
                case 5:
                    builder.Add(member with { Type = 'g', Content = TarBuilder.PaxData([new("comment", content)]), Name = name });
                    break;
                default:
                    builder.Add(member with { Content = content, PaddingByte = (byte)random.Next(2) });
                    break;
            }
        }
        byte[] garbage = new byte[random.Next(3) == 0 ? random.Next(5000) : 0];
        random.NextBytes(garbage);
        int endBlocks = random.Next(4) == 0 ? random.Next(2) : random.Next(2, 20);
        return endBlocks < 2 ? builder.ToArray(endBlocks) : [.. builder.ToArray(endBlocks), .. garbage];
    }

    private static byte[] Name(Random random, int index)
    {
        byte[] tail = new byte[random.Next(8) == 0 ? random.Next(90, 400) : random.Next(20)];
        for (int i = 0; i < tail.Length; i++)
            tail[i] = random.Next(20) == 0 ? (byte)random.Next(1, 256) : (byte)random.Next('a', 'z' + 1);
        // The number makes the name unique whatever the tail is cleaned to.
        return [.. System.Text.Encoding.ASCII.GetBytes($"n{index}"), .. tail.Where(value => value is not ((byte)'/' or (byte)'.'))];
    }

    private static (long, byte[])[] Runs(Random random)
    {
        var runs = new (long, byte[])[random.Next(40)];
        for (int i = 0; i < runs.Length; i++)
        {
            byte[] data = new byte[random.Next(1, 1000)];
            random.NextBytes(data);
            runs[i] = (i * 10_000L + random.Next(5000), data);
        }
        return runs;
    }
}
