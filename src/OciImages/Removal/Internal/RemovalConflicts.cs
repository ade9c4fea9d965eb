namespace OciImages.Removal.Internal;

/// <summary>What may stand in the way of a removal.</summary>
[Flags]
internal enum RemovalConflicts
{
    Child = 1,
    RunningUser = 2,
    Reference = 4,
    StoppedUser = 8,
    Hard = Child | RunningUser,
    Soft = Reference | StoppedUser,
}
