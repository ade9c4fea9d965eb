using Microsoft.Extensions.Logging;
using OciImages.Content;

namespace OciImages.RegistryServer.Internal;

/// <summary>What the parts of a registry share.</summary>
internal sealed class RegistryState
{
    internal RegistryState(OciRegistryOptions options, IContentReader content, IRegistryIndexReader index, ILogger logger)
    {
        Options = options;
        Content = content;
        Index = index;
        Logger = logger;
        Store = content as IContentStore;
        WritableIndex = index as IRegistryIndex;
        // What a client put into a cache would pass for the upstream's.
        IsReadOnly = options.IsReadOnly || options.Upstream is not null || Store is null || WritableIndex is null;
        if (Store is not null)
            Uploads = new UploadSessions(Store, options, logger);
        if (options.Upstream is { } upstream)
        {
            if (Store is null || WritableIndex is null)
                throw new ArgumentException("A pull-through cache needs a content store and an index that can be written.", nameof(options));
            Upstream = new PullThrough(this, upstream, Store, WritableIndex);
        }
    }

    internal OciRegistryOptions Options { get; }

    internal IContentReader Content { get; }

    internal IRegistryIndexReader Index { get; }

    /// <summary>The content store when it can be written; also in a registry that is read-only for its clients.</summary>
    internal IContentStore? Store { get; }

    internal IRegistryIndex? WritableIndex { get; }

    /// <summary>Whether clients may change nothing. Otherwise <see cref="Store"/>, <see cref="WritableIndex"/> and <see cref="Uploads"/> are there.</summary>
    internal bool IsReadOnly { get; }

    internal UploadSessions? Uploads { get; }

    internal PullThrough? Upstream { get; }

    /// <summary>Held from the commit of content until a repository has it.</summary>
    internal KeyedGate<Digest> Gate { get; } = new();

    /// <summary>Held while a manifest is put, so that what it refers to stays.</summary>
    internal KeyedGate<string> RepositoryGate { get; } = new();

    internal ILogger Logger { get; }

    internal bool AllowsAnonymousMount => Options.AllowAnonymousMount ?? Options.Authorizer is null;
}
