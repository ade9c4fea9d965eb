using System.Text.Json;
using OciImages.Configs;

namespace OciImages.Internal;

/// <summary>Writes the members <c>config</c> and <c>container_config</c> as Docker's Go struct: in its order, maps sorted, null for nothing.</summary>
internal static class ContainerConfigWriter
{
    private const long NanosecondsPerTick = 100;

    internal static void Write(Utf8JsonWriter writer, ContainerConfig config)
    {
        writer.WriteStartObject();
        writer.WriteString("Hostname"u8, config.Hostname);
        writer.WriteString("Domainname"u8, config.Domainname);
        writer.WriteString("User"u8, config.User);
        writer.WriteBoolean("AttachStdin"u8, config.AttachStdin);
        writer.WriteBoolean("AttachStdout"u8, config.AttachStdout);
        writer.WriteBoolean("AttachStderr"u8, config.AttachStderr);
        if (config.ExposedPorts.Count > 0)
            WriteSet(writer, "ExposedPorts", config.ExposedPorts);
        writer.WriteBoolean("Tty"u8, config.Tty);
        writer.WriteBoolean("OpenStdin"u8, config.OpenStdin);
        writer.WriteBoolean("StdinOnce"u8, config.StdinOnce);
        WriteList(writer, "Env", config.Env);
        WriteList(writer, "Cmd", config.Cmd);
        if (config.Healthcheck is { } healthcheck)
            WriteHealthcheck(writer, healthcheck);
        if (config.ArgsEscaped)
            writer.WriteBoolean("ArgsEscaped"u8, true);
        writer.WriteString("Image"u8, config.Image);
        WriteSet(writer, "Volumes", config.Volumes);
        writer.WriteString("WorkingDir"u8, config.WorkingDir);
        WriteList(writer, "Entrypoint", config.Entrypoint);
        if (config.NetworkDisabled)
            writer.WriteBoolean("NetworkDisabled"u8, true);
        if (config.MacAddress.Length > 0)
            writer.WriteString("MacAddress"u8, config.MacAddress);
        WriteList(writer, "OnBuild", config.OnBuild);
        WriteLabels(writer, config.Labels);
        if (config.StopSignal.Length > 0)
            writer.WriteString("StopSignal"u8, config.StopSignal);
        if (config.StopTimeout is { } seconds)
            writer.WriteNumber("StopTimeout"u8, seconds);
        if (config.Shell is { Count: > 0 })
            WriteList(writer, "Shell", config.Shell);
        writer.WriteEndObject();
    }

    internal static void WriteList(Utf8JsonWriter writer, string name, IReadOnlyList<string>? values)
    {
        if (values is null)
        {
            writer.WriteNull(name);
            return;
        }
        writer.WriteStartArray(name);
        foreach (string value in values)
            writer.WriteStringValue(value);
        writer.WriteEndArray();
    }

    // A Go map to empty structs.
    private static void WriteSet(Utf8JsonWriter writer, string name, IReadOnlyList<string>? keys)
    {
        if (keys is null)
        {
            writer.WriteNull(name);
            return;
        }
        writer.WriteStartObject(name);
        foreach (string key in keys.Distinct(StringComparer.Ordinal).Order(Utf8Order.Instance))
        {
            writer.WriteStartObject(key);
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }

    private static void WriteLabels(Utf8JsonWriter writer, IReadOnlyDictionary<string, string>? labels)
    {
        if (labels is null)
        {
            writer.WriteNull("Labels"u8);
            return;
        }
        writer.WriteStartObject("Labels"u8);
        foreach (var (key, value) in labels.OrderBy(label => label.Key, Utf8Order.Instance))
            writer.WriteString(key, value);
        writer.WriteEndObject();
    }

    private static void WriteHealthcheck(Utf8JsonWriter writer, Healthcheck healthcheck)
    {
        writer.WriteStartObject("Healthcheck"u8);
        if (healthcheck.Test.Count > 0)
            WriteList(writer, "Test", healthcheck.Test);
        WriteDuration(writer, "Interval", healthcheck.Interval);
        WriteDuration(writer, "Timeout", healthcheck.Timeout);
        WriteDuration(writer, "StartPeriod", healthcheck.StartPeriod);
        WriteDuration(writer, "StartInterval", healthcheck.StartInterval);
        if (healthcheck.Retries != 0)
            writer.WriteNumber("Retries"u8, healthcheck.Retries);
        writer.WriteEndObject();
    }

    private static void WriteDuration(Utf8JsonWriter writer, string name, TimeSpan duration)
    {
        if (duration != TimeSpan.Zero)
            writer.WriteNumber(name, duration.Ticks * NanosecondsPerTick);
    }
}
