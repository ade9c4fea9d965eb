using System.Globalization;
using System.Text.Json;
using OciImages.Registry.Http;

namespace OciImages.Registry.Auth;

/// <summary>The answer of a token service.</summary>
/// <param name="Token">The token: <c>token</c> or <c>access_token</c>.</param>
/// <param name="Lifetime">How long it is good: <c>expires_in</c>, or 60 seconds as the specification has it.</param>
/// <param name="RefreshToken">What further tokens can be had for; null for nothing.</param>
internal readonly record struct TokenResponse(string Token, TimeSpan Lifetime, string? RefreshToken)
{
    private static readonly TimeSpan DefaultLifetime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan MaxLifetime = TimeSpan.FromDays(1);

    /// <summary>Reads an answer.</summary>
    /// <returns>The token, or null when there is none in it that fits into a header.</returns>
    public static TokenResponse? Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                return null;
            string? token = Text(root, "token") is { Length: > 0 } text ? text : Text(root, "access_token");
            if (string.IsNullOrEmpty(token) || token.AsSpan().ContainsAnyExceptInRange('!', '~'))
                return null;
            return new TokenResponse(token, LifetimeOf(root), Text(root, "refresh_token") is { Length: > 0 } refresh ? refresh : null);
        }
        catch (Exception e) when (JsonFault.Is(e))
        {
            return null;
        }
    }

    public override string ToString() => $"TokenResponse({Lifetime})";

    private static TimeSpan LifetimeOf(JsonElement root)
    {
        double seconds = 0;
        if (root.TryGetProperty("expires_in", out var value))
        {
            if (value.ValueKind == JsonValueKind.Number)
                value.TryGetDouble(out seconds);
            else if (value.ValueKind == JsonValueKind.String)
                double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out seconds);
        }
        if (!(seconds > 0))
            return DefaultLifetime;
        return seconds < MaxLifetime.TotalSeconds ? TimeSpan.FromSeconds(seconds) : MaxLifetime;
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
