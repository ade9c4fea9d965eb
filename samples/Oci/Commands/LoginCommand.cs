using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Oci.Output;
using OciImages;
using OciImages.DependencyInjection;
using OciImages.Registry;

namespace Oci.Commands;

/// <summary><c>oci login [REGISTRY]</c>: tries credentials and stores them where docker does.</summary>
internal static class LoginCommand
{
    public static Command Create(GlobalOptions global)
    {
        var registry = new Argument<string>("REGISTRY")
        {
            Description = "The registry; Docker Hub without it",
            Arity = ArgumentArity.ZeroOrOne,
            DefaultValueFactory = _ => RepositoryName.DefaultDomain,
        };
        var user = new Option<string?>("--username", "-u") { Description = "The user's name", HelpName = "USER" };
        var fromInput = new Option<bool>("--password-stdin") { Description = "Take the password from standard input" };
        var command = new Command("login", "Log in to a registry") { registry, user, fromInput };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var services = await global.CreateServicesAsync(parsed, cancellationToken);
            var login = Service(services);
            var credential = await ReadAsync(parsed.GetValue(user), parsed.GetValue(fromInput), cancellationToken);
            var result = await login.LoginAsync(parsed.GetRequiredValue(registry), credential, cancellationToken);
            if (result.HelperProblem is { } problem)
                Console.Error.WriteLine($"WARNING! {problem}");
            if (result.IsPlainText)
            {
                Console.Error.WriteLine($"WARNING! Your credentials are stored unencrypted in '{result.ConfigPath}'.");
                Console.Error.WriteLine("Configure a credential helper to remove this warning. See");
                Console.Error.WriteLine("https://docs.docker.com/go/credential-store/");
                Console.Error.WriteLine();
            }
            Console.WriteLine("Login Succeeded");
            return 0;
        });
        return command;
    }

    /// <summary>What logs in and out, in docker's configuration and over connections as the other verbs have them.</summary>
    public static RegistryLogin Service(IServiceProvider services) => new(
        services.GetRequiredService<DockerConfigCredentialSource>(),
        services.GetRequiredService<IOptions<OciImagesOptions>>().Value.Registry,
        services.GetRequiredService<ILoggerFactory>())
    {
        DetectsCredentialsStore = true,
    };

    private static async Task<RegistryCredential> ReadAsync(string? user, bool fromInput, CancellationToken cancellationToken)
    {
        if (fromInput)
        {
            if (string.IsNullOrEmpty(user))
                throw new OciException(OciErrorKind.InvalidInput, "Must provide --username with --password-stdin");
            string password = await SecretPrompt.ReadInputAsync(cancellationToken);
            return new RegistryCredential { UserName = user, Password = Required(password, "Password required") };
        }
        if (Console.IsInputRedirected)
            throw new OciException(OciErrorKind.InvalidInput, "Cannot log in without a terminal: use --username and --password-stdin");
        user = Required(string.IsNullOrEmpty(user) ? SecretPrompt.AskName() : user, "Username required");
        return new RegistryCredential { UserName = user, Password = Required(SecretPrompt.AskPassword(), "Password required") };
    }

    private static string Required(string? text, string otherwise) =>
        string.IsNullOrEmpty(text) ? throw new OciException(OciErrorKind.InvalidInput, otherwise) : text;
}
