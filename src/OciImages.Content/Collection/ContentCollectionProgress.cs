namespace OciImages.Content.Collection;

/// <summary>How far a collection is.</summary>
/// <param name="Found">How many pieces of content the store had at the start.</param>
/// <param name="Kept">How many of them are known to be needed.</param>
/// <param name="Checked">How many of the others were looked at; they are deleted unless they are leased or young.</param>
/// <param name="DeletedBytes">How many bytes the deleted content had.</param>
public sealed record ContentCollectionProgress(int Found, int Kept, int Checked, long DeletedBytes);
