using System.Text;
using OciImages;
using OciImages.Images;
using OciImages.Roots;

/// <summary>
/// Changes one record of a data root after another, and says what is begun and what is durable: "begin KEY VALUE", "done KEY VALUE", where the
/// value "-" is none. Keys are of this process's seed alone; the files are not.
/// </summary>
internal sealed class RecordHammer(ImageRoot root, int seed)
{
    private readonly Random _random = new(seed);
    private readonly List<ImageId> _images = [];
    private int _step;

    /// <param name="steps">How many steps.</param>
    public async Task RunAsync(int steps)
    {
        for (_step = 0; _step < steps; _step++)
        {
            switch (_images.Count < 2 ? 0 : _random.Next(7))
            {
                case 0:
                    _images.Add(await PutAsync("kept"));
                    break;
                case 1:
                    await PutAndDeleteAsync();
                    break;
                case 2:
                    var reference = ImageReference.Parse($"shared/app-{_random.Next(3)}:s{seed}-{_random.Next(8)}");
                    var named = Any();
                    await TellAsync($"ref:{reference}", $"{named}", () => root.References.SetAsync(reference, named));
                    break;
                case 3:
                    var removed = ImageReference.Parse($"shared/app-{_random.Next(3)}:s{seed}-{_random.Next(8)}");
                    await TellAsync($"ref:{removed}", "-", async () => await root.References.RemoveAsync(removed));
                    break;
                case 4:
                    await TellAsync($"parent:{_images[^1]}", $"{_images[^2]}", () => root.Images.SetParentAsync(_images[^1], _images[^2]));
                    break;
                case 5:
                    var tagged = Any();
                    await TellAsync($"time:{tagged}", $"{_step}", () => root.Images.SetLastUpdatedAsync(tagged, DateTimeOffset.UnixEpoch.AddSeconds(_step)));
                    break;
                default:
                    await AddOriginAsync(Any());
                    break;
            }
        }
    }

    /// <summary>Puts an image.</summary>
    public async Task<ImageId> PutAsync(string text)
    {
        byte[] config = Config($"{text} {seed} {_step}");
        var id = new ImageId(Digest.Compute(config));
        await TellAsync($"image:{id}", "1", async () => await root.Images.PutAsync(config));
        return id;
    }

    /// <summary>Notes an origin of an image, and of a layer.</summary>
    public async Task AddOriginAsync(ImageId image)
    {
        var manifest = new Descriptor(MediaTypes.OciManifest, Digest.Compute(Encoding.UTF8.GetBytes($"manifest {seed} {_step}")), 10);
        await TellAsync($"origin:{image}", $"{manifest.Digest}", () => root.Origins.AddAsync(image, new ImageOrigin(ImageReference.Parse($"a:s{seed}"), manifest)));
        var layer = new DiffId(Digest.Compute(Encoding.UTF8.GetBytes($"layer {seed} {_step % 5}")));
        await TellAsync($"blob:{manifest.Digest}", $"{layer}", () => root.Distribution.AddAsync(layer, manifest.Digest, RepositoryName.Parse("a")));
    }

    // Unlike the others, such an image may be half deleted: what is noted of it goes first.
    private async Task PutAndDeleteAsync()
    {
        var id = await PutAsync("deleted");
        await root.Images.SetParentAsync(id, Any());
        await root.Images.SetLastUpdatedAsync(id, DateTimeOffset.UnixEpoch);
        await TellAsync($"image:{id}", "-", async () => await root.Images.DeleteAsync(id));
    }

    private ImageId Any() => _images[_random.Next(_images.Count)];

    private static async Task TellAsync(string key, string value, Func<ValueTask> change)
    {
        Say($"begin {key} {value}");
        await change();
        Say($"done {key} {value}");
    }

    private static byte[] Config(string text) => Encoding.UTF8.GetBytes(
        $$$"""{"architecture":"amd64","os":"linux","config":{"Labels":{"text":"{{{text}}}"}},"rootfs":{"type":"layers","diff_ids":[]}}""");

    private static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }
}
