using System.Diagnostics.CodeAnalysis;

namespace OciImages.IO;

/// <summary>
/// A lock for the short critical sections of a store: it excludes other tasks of this process, which wait in line, and other
/// processes, through a <see cref="FileLock"/>.
/// </summary>
/// <threadsafety>Safe to share.</threadsafety>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle nobody asks for holds nothing to dispose.")]
public sealed class StoreLock
{
    private readonly SemaphoreSlim _tasks = new(1, 1);
    private readonly string _path;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _timeProvider;
    private string? _unswept;

    /// <summary>Makes a lock that nobody holds yet.</summary>
    /// <param name="path">The lock file; made when it is missing, never removed. Its directory exists when the lock is taken.</param>
    /// <param name="timeout">How long to wait for another process.</param>
    /// <param name="timeProvider">The clock to wait by; null for the system's.</param>
    /// <param name="temporaries">
    /// A directory in which <see cref="DurableFile"/> makes temporary files under this lock alone: what is there when the lock is taken first was
    /// left by a process that was killed, and is deleted. Null for none.
    /// </param>
    public StoreLock(string path, TimeSpan timeout, TimeProvider? timeProvider = null, string? temporaries = null)
    {
        _unswept = temporaries;
        _path = path;
        _timeout = timeout;
        _timeProvider = timeProvider ?? TimeProvider.System;
    }

    /// <summary>Takes the lock.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The hold; disposing it releases, a second time does nothing.</returns>
    /// <exception cref="StorageException">
    /// Another process held it for the whole time: the message names it (<see cref="OciErrorKind.Unavailable"/>); or the lock file
    /// cannot be opened.
    /// </exception>
    public async ValueTask<IDisposable> AcquireAsync(CancellationToken cancellationToken = default)
    {
        await _tasks.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var file = await FileLock.AcquireAsync(_path, _timeout, _timeProvider, cancellationToken).ConfigureAwait(false);
            if (_unswept is { } temporaries)
            {
                DurableFile.SweepTemporaries(temporaries);
                _unswept = null;
            }
            return new Hold(this, file);
        }
        catch
        {
            _tasks.Release();
            throw;
        }
    }

    private sealed class Hold(StoreLock owner, FileLock file) : IDisposable
    {
        private StoreLock? _owner = owner;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _owner, null) is not { } owner)
                return;
            file.Dispose();
            owner._tasks.Release();
        }
    }
}
