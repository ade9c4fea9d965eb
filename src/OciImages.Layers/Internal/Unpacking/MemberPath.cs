using OciImages.Layers.Internal.Linux;

namespace OciImages.Layers.Internal.Unpacking;

/// <summary>
/// A member's name cleaned as Docker cleans it: without leading, doubled and trailing slashes and <c>.</c>; <c>..</c> takes back the
/// component before it. Reused for member after member.
/// </summary>
/// <remarks>
/// A name that climbs above the layer's root is refused. Docker lets it land in the root, and then cannot rebuild the tar, because
/// its tar-split record still has the name that leads out. All other bytes are ordinary, the backslash too.
/// </remarks>
internal sealed class MemberPath
{
    /// <summary>What the kernel takes in one call; Docker is bound by it too.</summary>
    private const int MaxLength = 4095;

    private const int MaxComponentLength = 255;

    private readonly byte[] _bytes = new byte[MaxLength + 1];
    private int _length;
    private int _base;

    /// <summary>Whether the name is that of the layer's root, as in <c>./</c>.</summary>
    internal bool IsRoot => _length == 0;

    /// <summary>The whole path, without NUL.</summary>
    internal ReadOnlySpan<byte> Full => _bytes.AsSpan(0, _length);

    /// <summary>The whole path, ending with NUL.</summary>
    internal ReadOnlySpan<byte> FullName => _bytes.AsSpan(0, _length + 1);

    /// <summary>The path of the directory, without NUL; empty when that is the root.</summary>
    internal ReadOnlySpan<byte> Parent => _bytes.AsSpan(0, Math.Max(0, _base - 1));

    /// <summary>The last component, ending with NUL.</summary>
    internal ReadOnlySpan<byte> Name => _bytes.AsSpan(_base, _length + 1 - _base);

    /// <summary>Takes in a name.</summary>
    /// <param name="name">The bytes of the name, without NUL.</param>
    /// <exception cref="OciException">The name climbs out of the layer, is too long or holds NUL (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    internal void Set(ReadOnlySpan<byte> name)
    {
        _length = 0;
        if (name.Contains((byte)0))
            throw Refuse(name, "it holds a NUL byte");
        for (var rest = name; rest.Length > 0;)
        {
            int slash = rest.IndexOf((byte)'/');
            var component = slash < 0 ? rest : rest[..slash];
            rest = slash < 0 ? default : rest[(slash + 1)..];
            if (component.SequenceEqual(".."u8))
                Climb(name);
            else if (component.Length > 0 && !component.SequenceEqual("."u8))
                Append(component, name);
        }
        _bytes[_length] = 0;
        _base = _bytes.AsSpan(0, _length).LastIndexOf((byte)'/') + 1;
    }

    /// <summary>The path for messages.</summary>
    public override string ToString() => IsRoot ? "/" : CString.ToDisplay(Full);

    private void Climb(ReadOnlySpan<byte> name)
    {
        if (_length == 0)
            throw Refuse(name, "it leads out of the layer");
        _length = Math.Max(0, _bytes.AsSpan(0, _length).LastIndexOf((byte)'/'));
    }

    private void Append(ReadOnlySpan<byte> component, ReadOnlySpan<byte> name)
    {
        if (component.Length > MaxComponentLength)
            throw Refuse(name, $"a component has more than {MaxComponentLength} bytes");
        if (_length + 1 + component.Length > MaxLength)
            throw Refuse(name, $"it has more than {MaxLength} bytes");
        if (_length > 0)
            _bytes[_length++] = (byte)'/';
        component.CopyTo(_bytes.AsSpan(_length));
        _length += component.Length;
    }

    private static OciException Refuse(ReadOnlySpan<byte> name, string why) =>
        new(OciErrorKind.InvalidInput, $"The member name {CString.ToDisplay(name)} is refused: {why}.");
}
