using System.Diagnostics.CodeAnalysis;

namespace OciImages.Transfers.Internal;

/// <summary>One running transfer and those who are joined to it.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "The last one to leave disposes it.")]
internal sealed class SharedTransfer
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly List<IProgress<TransferProgress>> _subscribers = [];
    private readonly List<IAsyncDisposable> _held = [];
    private TransferProgress? _last;
    private int _joined = 1;

    /// <summary>Ends when the work has; failed or cancelled as the work was.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Cancelled when nobody is joined any more.</summary>
    public CancellationToken CancellationToken => _cancellation.Token;

    /// <summary>The last report; null before the first.</summary>
    public TransferProgress? Last
    {
        get
        {
            lock (_lock)
                return _last;
        }
    }

    /// <summary>Takes over the end of the work.</summary>
    public void End(Task work) => _completion.SetFromTask(work);

    public bool TryJoin()
    {
        lock (_lock)
        {
            if (_joined == 0)
                return false;
            _joined++;
            return true;
        }
    }

    public void Subscribe(IProgress<TransferProgress>? progress)
    {
        if (progress is null)
            return;
        lock (_lock)
        {
            if (_last is not { } last || TryReport(progress, last))
                _subscribers.Add(progress);
        }
    }

    /// <summary>Tells all who are joined. Under the lock, so that everyone sees the same order.</summary>
    public void Report(TransferProgress progress)
    {
        lock (_lock)
        {
            _last = progress;
            _subscribers.RemoveAll(subscriber => !TryReport(subscriber, progress));
        }
    }

    private static bool TryReport(IProgress<TransferProgress> subscriber, TransferProgress progress)
    {
        try
        {
            subscriber.Report(progress);
            return true;
        }
#pragma warning disable CA1031 // One listener's fault, whatever it is, must not end a transfer that others wait for: it hears no more.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
    }

    /// <summary>Keeps something until the last one has left.</summary>
    public void Hold(IAsyncDisposable resource)
    {
        lock (_lock)
            _held.Add(resource);
    }

    /// <summary>Leaves; the last one out waits until the work has ended, so that nothing runs behind the caller's back.</summary>
    public async ValueTask LeaveAsync(IProgress<TransferProgress>? progress)
    {
        bool last;
        lock (_lock)
        {
            if (progress is not null)
                _subscribers.Remove(progress);
            last = --_joined == 0;
        }
        if (!last)
            return;
        await _cancellation.CancelAsync().ConfigureAwait(false);
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _cancellation.Dispose();
        foreach (var resource in _held)
            await resource.DisposeAsync().ConfigureAwait(false);
    }
}
