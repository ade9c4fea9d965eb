using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Internal.Trees;
using OciImages.Layers.Tar;

namespace OciImages.Layers.Internal.Unpacking;

/// <summary>
/// Unpacks the tar of one layer into a directory that is the root of all its names. Rules: OCI image specification, "Layer", section
/// "Applying Changesets", and where that is silent what dockerd does.
/// </summary>
/// <remarks>
/// <para>Confinement is the kernel's: everything is reached from the root's descriptor with <c>openat2(RESOLVE_IN_ROOT)</c>, made
/// exclusively, and never through a symbolic link at the end of a name. What somebody else swaps meanwhile cannot lead out either.</para>
/// <para>Members apply in order: a later one replaces an earlier one of its name, except that a directory over a directory keeps the content.
/// A hard link's target must be in the same layer. A whiteout hides what is below, not what its own layer made.</para>
/// </remarks>
internal sealed class DiffUnpacker : IDisposable
{
    private readonly FileDescriptor _root;
    private readonly string _rootPath;
    private readonly UnpackSettings _settings;
    private readonly TarReader _tar;
    private readonly PolicyGuard _policy;
    private readonly ParentDirectories _parents;
    private readonly MemberAttributes _attributes;
    private readonly FileContent _content;
    private readonly DirectoryTimes _times;
    private readonly MemberPath _path = new();
    private readonly MemberPath _target = new();

    internal DiffUnpacker(FileDescriptor root, string rootPath, TarReader tar, UnpackSettings settings)
    {
        _root = root;
        _rootPath = rootPath;
        _tar = tar;
        _settings = settings;
        _policy = new PolicyGuard(settings.Policy);
        _parents = new ParentDirectories(root, rootPath, settings.Records);
        _attributes = new MemberAttributes(rootPath, settings.Records, settings.Logger);
        _content = new FileContent(tar, rootPath);
        _times = new DirectoryTimes(root, rootPath);
    }

    /// <summary>The sizes of all files and symbolic links in the tree, each inode once, as Docker counts an overlay2 layer.</summary>
    internal long TreeSize { get; private set; }

    /// <summary>The sizes that the headers announced, as Docker counts a vfs layer.</summary>
    internal long HeaderSize => _policy.Size;

    /// <summary>Whether the tar had a member for the root.</summary>
    internal bool HasRoot { get; private set; }

    /// <summary>The paths of what single whiteouts hide.</summary>
    internal List<byte[]> Hidden { get; } = [];

    /// <summary>Unpacks everything up to the tar's end marker.</summary>
    internal async ValueTask UnpackAsync(CancellationToken cancellationToken)
    {
        while (await _tar.ReadEntryAsync(cancellationToken).ConfigureAwait(false) is { } entry)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _policy.Check(entry);
            if (entry.Type == TarEntryType.GlobalHeader)
                continue;
            _path.Set(entry.Name.Span);
            if (_path.IsRoot)
                ApplyRoot(entry);
            else if (_path.Name.StartsWith(WhiteoutNames.Prefix))
                AddWhiteout(entry);
            else if (entry.Type == TarEntryType.File)
                await AddFileAsync(entry, cancellationToken).ConfigureAwait(false);
            else if (entry.Type == TarEntryType.Directory)
                AddDirectory(entry);
            else
                AddOther(entry);
        }
        _times.Apply();
        _settings.Records?.Flush();
    }

    public void Dispose()
    {
        _parents.Dispose();
        _content.Dispose();
    }

    private void ApplyRoot(TarEntry entry)
    {
        if (entry.Type != TarEntryType.Directory)
            throw new OciException(OciErrorKind.InvalidInput, "The layer is malformed: its root is not a directory.");
        HasRoot = true;
        if (_settings.ApplyRoot)
            _attributes.ApplyToDirectory(_root.Value, entry, _path);
        _times.Add(_path, entry);
    }

    private void AddWhiteout(TarEntry entry)
    {
        var parent = _parents.Get(_path);
        var name = _path.Name;
        int errno;
        if (name.SequenceEqual(WhiteoutNames.Opaque))
        {
            errno = _settings.Whiteouts.HideAll(parent);
        }
        else
        {
            var hidden = name[WhiteoutNames.Prefix.Length..];
            if (hidden.SequenceEqual("\0"u8) || hidden.SequenceEqual(".\0"u8) || hidden.SequenceEqual("..\0"u8))
                throw new OciException(OciErrorKind.InvalidInput, $"The layer is malformed: {_path} hides no name.");
            errno = _settings.Whiteouts.Hide(parent, name, entry);
            Hidden.Add(TreePath.Join(_path.Parent, hidden[..^1]));
        }
        if (errno != 0)
            throw UnpackErrors.From(errno, "make the whiteout", _rootPath, _path.ToString());
    }

    private async ValueTask AddFileAsync(TarEntry entry, CancellationToken cancellationToken)
    {
        using var file = CreateFile(_parents.Get(_path));
        await _content.CopyAsync(entry, file, _path, cancellationToken).ConfigureAwait(false);
        _attributes.ApplyToFile(file.Value, entry, _path);
        TreeSize += entry.Size;
    }

    private FileDescriptor CreateFile(FileDescriptor parent)
    {
        int flags = Libc.OpenWriteOnly | Libc.OpenCreate | Libc.OpenExclusive | Libc.OpenNoFollow | Libc.OpenCloseOnExec;
        int opened = Libc.OpenAt(parent.Value, _path.Name, flags, 0x180);
        if (opened < 0 && Errno.Last == Errno.Exists)
        {
            RemoveExisting(parent, _path.Name);
            opened = Libc.OpenAt(parent.Value, _path.Name, flags, 0x180);
        }
        return opened >= 0 ? new FileDescriptor(opened) : throw UnpackErrors.From(Errno.Last, "make the file", _rootPath, _path.ToString());
    }

    private void AddDirectory(TarEntry entry)
    {
        var parent = _parents.Get(_path);
        bool overWhiteout = false;
        if (Libc.MkdirAt(parent.Value, _path.Name, 0x1C0) != 0)
        {
            int errno = Errno.Last;
            if (errno != Errno.Exists || Libc.Statx(parent.Value, _path.Name, Libc.AtSymlinkNoFollow, out var existing) != 0)
                throw UnpackErrors.From(errno, "make the directory", _rootPath, _path.ToString());
            if (!existing.IsDirectory)
            {
                overWhiteout = _settings.Whiteouts.IsWhiteout(existing);
                RemoveExisting(parent, _path.Name);
                if (Libc.MkdirAt(parent.Value, _path.Name, 0x1C0) != 0)
                    throw UnpackErrors.From(Errno.Last, "make the directory", _rootPath, _path.ToString());
            }
        }
        using var directory = parent.TryOpenChild(_path.Name, out int openErrno)
            ?? throw UnpackErrors.From(openErrno, "open the directory", _rootPath, _path.ToString());
        // What the layer hid stays hidden when the layer makes a directory in its place.
        if (overWhiteout && _settings.Whiteouts.HideAll(directory) is var hideErrno and not 0)
            throw UnpackErrors.From(hideErrno, "make the whiteout", _rootPath, _path.ToString());
        _attributes.ApplyToDirectory(directory.Value, entry, _path);
        _times.Add(_path, entry);
    }

    private void AddOther(TarEntry entry)
    {
        using var target = entry.Type == TarEntryType.HardLink ? OpenTarget(entry) : null;
        var parent = _parents.Get(_path);
        var maker = new NodeMaker(_path, _target, target, entry, _settings);
        int errno = maker.Make(parent);
        if (errno == Errno.Exists)
        {
            RemoveExisting(parent, _path.Name);
            errno = maker.Make(parent);
        }
        if (errno == Errno.NotPermitted && entry.Type == TarEntryType.HardLink)
            errno = Errno.IsDirectory;
        if (errno != 0)
            throw UnpackErrors.From(errno, maker.Action, _rootPath, _path.ToString());
        if (maker.WasLeftOut)
            return;
        if (entry.Type == TarEntryType.SymbolicLink)
        {
            TreeSize += entry.LinkName.Length;
            _attributes.ApplyToSymbolicLink(parent.Value, entry, _path);
        }
        else
        {
            _attributes.ApplyToNode(parent.Value, entry, _path, maker.DeviceInstead);
        }
    }

    private FileDescriptor OpenTarget(TarEntry entry)
    {
        _target.Set(entry.LinkName.Span);
        if (_target.IsRoot || _target.Name.StartsWith(WhiteoutNames.Prefix))
            throw new OciException(OciErrorKind.InvalidInput, $"The layer is malformed: {_path} is a hard link to {_target}.");
        byte[] parent = _target.Parent.Length == 0 ? ".\0"u8.ToArray() : CString.From(_target.Parent);
        return _root.TryOpenInRoot(parent, Libc.OpenPath | Libc.OpenDirectory, out int errno)
            ?? throw UnpackErrors.From(errno, "make the hard link", _rootPath, $"{_path} to {_target}");
    }

    private void RemoveExisting(FileDescriptor parent, ReadOnlySpan<byte> name)
    {
        _parents.Invalidate(); // a kept path may have led through what goes
        TreeSize -= TreeRemover.Remove(parent, name, $"{_rootPath}/{_path}", CancellationToken.None);
    }
}
