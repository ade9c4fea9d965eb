using System.Diagnostics.CodeAnalysis;
using OciImages.IO;

namespace OciImages.Layers.Internal.Store;

/// <summary>
/// Guards a layer store: among the tasks of this store, what is known in memory; among processes, what makes layers visible or invisible.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle nobody asks for holds nothing to dispose.")]
internal sealed class LayerGate(LayerDbLayout layout, FileLayerStoreOptions options)
{
    private readonly SemaphoreSlim _tasks = new(1);

    /// <summary>Keeps other tasks of the store out.</summary>
    internal async ValueTask<IDisposable> EnterMemoryAsync(CancellationToken cancellationToken)
    {
        await _tasks.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Hold(_tasks, null);
    }

    /// <summary>Keeps other tasks and other processes out.</summary>
    /// <exception cref="StorageException">Another process was in for too long; the message names it.</exception>
    internal async ValueTask<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        await _tasks.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            layout.Prepare();
            return new Hold(_tasks, await FileLock.AcquireAsync(layout.LockPath, options.LockTimeout, options.TimeProvider, cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            _tasks.Release();
            throw;
        }
    }

    /// <summary>As <see cref="EnterAsync"/> for whoever only reads: where nothing can be written the other processes are not kept out.</summary>
    internal async ValueTask<IDisposable> EnterReadingAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await EnterAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException e) when (e.Kind == OciErrorKind.Forbidden)
        {
            return await EnterMemoryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private sealed class Hold(SemaphoreSlim tasks, FileLock? file) : IDisposable
    {
        private int _isDone;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isDone, 1) != 0)
                return;
            file?.Dispose();
            tasks.Release();
        }
    }
}
