using System.Runtime.InteropServices;
using OciImages.Layers.Internal.Linux;

namespace OciImages.Layers.Internal.Unpacking;

/// <summary>Tells the fault of a layer from the fault of the disk.</summary>
internal static class UnpackErrors
{
    /// <summary>The exception for a system call that failed on behalf of a member.</summary>
    /// <param name="errno">The error number.</param>
    /// <param name="action">What was being done, such as <c>make the directory</c>.</param>
    /// <param name="root">The directory that is unpacked into.</param>
    /// <param name="member">The member's path for messages.</param>
    internal static OciException From(int errno, string action, string root, string member) => errno switch
    {
        // With confined paths these say that names, links and types of the layer do not fit each other.
        Errno.NoEntry or Errno.CrossDevice or Errno.NotDirectory or Errno.IsDirectory or Errno.Invalid or Errno.TooManyLinks
            or Errno.NameTooLong or Errno.TooManySymlinks or Errno.OutOfRange => new OciException(
                OciErrorKind.InvalidInput, $"The layer is malformed: cannot {action} at {member}: {Marshal.GetPInvokeErrorMessage(errno)}."),
        _ => StorageException.FromErrno(errno, action, $"{root}/{member.TrimStart('/')}"),
    };
}
