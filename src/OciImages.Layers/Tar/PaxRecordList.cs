using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace OciImages.Layers.Tar;

/// <summary>The records of a PAX extended header to be written. POSIX.1-2017 "pax", section "pax Extended Header".</summary>
internal sealed class PaxRecordList
{
    private readonly List<Record> _records = [];

    public int Count => _records.Count;

    public void Clear() => _records.Clear();

    public void Add(string key, ReadOnlyMemory<byte> value) => _records.Add(new Record(Encoding.UTF8.GetBytes(key), value));

    public void Add(string key, string value) => Add(key, Encoding.UTF8.GetBytes(value));

    public void Add(string key, long value) => Add(key, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>A time as decimal seconds, without zeros at the end.</summary>
    public void Add(string key, TarTime time)
    {
        if (time.Nanoseconds == 0)
        {
            Add(key, time.Seconds);
            return;
        }
        // "-0.5" is half a second before the epoch, which is one second before it and half a second more.
        (Int128 seconds, int nanoseconds) = time.Seconds < 0 ? (-((Int128)time.Seconds + 1), 1_000_000_000 - time.Nanoseconds) : (time.Seconds, time.Nanoseconds);
        string text = string.Create(CultureInfo.InvariantCulture, $"{(time.Seconds < 0 ? "-" : "")}{seconds}.{nanoseconds:D9}");
        Add(key, text.TrimEnd('0'));
    }

    /// <summary>How many bytes all records take.</summary>
    public long Measure() => _records.Sum(record => (long)Length(record));

    /// <summary>Writes the records sorted by their keys' bytes.</summary>
    public void WriteTo(Span<byte> destination)
    {
        _records.Sort((a, b) => a.Key.AsSpan().SequenceCompareTo(b.Key));
        foreach (Record record in _records)
        {
            Utf8Formatter.TryFormat(Length(record), destination, out int written);
            destination[written++] = (byte)' ';
            record.Key.CopyTo(destination[written..]);
            written += record.Key.Length;
            destination[written++] = (byte)'=';
            record.Value.Span.CopyTo(destination[written..]);
            written += record.Value.Length;
            destination[written++] = (byte)'\n';
            destination = destination[written..];
        }
    }

    /// <summary>The length of a record, which counts the digits of itself.</summary>
    private static int Length(Record record)
    {
        int rest = checked(record.Key.Length + record.Value.Length + 3);
        int length = rest + Digits(rest);
        return rest + Digits(length);
    }

    private static int Digits(int number)
    {
        int digits = 1;
        for (; number >= 10; number /= 10)
            digits++;
        return digits;
    }

    private readonly record struct Record(byte[] Key, ReadOnlyMemory<byte> Value);
}
