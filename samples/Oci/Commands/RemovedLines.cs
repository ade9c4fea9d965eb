using OciImages.Removal;

namespace Oci.Commands;

/// <summary>Docker's lines about what went.</summary>
internal static class RemovedLines
{
    public static void Print(IEnumerable<RemovedItem> items)
    {
        foreach (var item in items)
            Console.WriteLine(item.Untagged is { } reference ? $"Untagged: {reference}" : $"Deleted: {item.Deleted}");
    }
}
