namespace OciImages.Registry.Auth;

/// <summary>Keeps access tokens while they are good, and lets many waiters share one fetch.</summary>
/// <threadsafety>Safe for use by many threads.</threadsafety>
internal sealed class TokenCache(TimeProvider clock) : IDisposable
{
    private const int MaxTokens = 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<TokenKey, AccessToken> _tokens = [];
    private readonly Dictionary<TokenKey, Task<AccessToken>> _fetches = [];
    private readonly CancellationTokenSource _lifetime = new();

    /// <summary>Gets a token, from the cache or by fetching it.</summary>
    /// <param name="key">What it must be good for.</param>
    /// <param name="fetch">Fetches it; runs once for all that wait, and goes on when one of them leaves.</param>
    /// <param name="cancellationToken">Ends the wait of this caller.</param>
    /// <returns>The token, and whether it was fetched just now.</returns>
    public async ValueTask<(AccessToken Token, bool IsFresh)> GetAsync(
        TokenKey key, Func<CancellationToken, Task<AccessToken>> fetch, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Task<AccessToken>? running;
        lock (_lock)
        {
            if (_tokens.TryGetValue(key, out var token) && token.ExpiresAt > clock.GetUtcNow())
                return (token, false);
            if (!_fetches.TryGetValue(key, out running))
            {
                // Task.Run: a fetch must not run on the first waiter's turn, under the lock.
                running = Task.Run(() => FetchAsync(key, fetch), CancellationToken.None);
                _fetches.Add(key, running);
            }
        }
        return (await running.WaitAsync(cancellationToken).ConfigureAwait(false), true);
    }

    /// <summary>Forgets a token that was refused; a newer one for the same key stays.</summary>
    public void Invalidate(TokenKey key, AccessToken refused)
    {
        lock (_lock)
        {
            if (_tokens.TryGetValue(key, out var token) && ReferenceEquals(token, refused))
                _tokens.Remove(key);
        }
    }

    public void Dispose()
    {
        _lifetime.Cancel();
        _lifetime.Dispose();
    }

    private async Task<AccessToken> FetchAsync(TokenKey key, Func<CancellationToken, Task<AccessToken>> fetch)
    {
        try
        {
            var token = await fetch(_lifetime.Token).ConfigureAwait(false);
            lock (_lock)
            {
                MakeRoom();
                _tokens[key] = token;
            }
            return token;
        }
        finally
        {
            lock (_lock)
                _fetches.Remove(key);
        }
    }

    private void MakeRoom()
    {
        if (_tokens.Count < MaxTokens)
            return;
        var now = clock.GetUtcNow();
        foreach (var (key, token) in _tokens)
        {
            if (token.ExpiresAt <= now)
                _tokens.Remove(key);
        }
        if (_tokens.Count >= MaxTokens)
            _tokens.Clear();
    }
}
