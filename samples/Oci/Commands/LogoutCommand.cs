using System.CommandLine;
using OciImages;

namespace Oci.Commands;

/// <summary><c>oci logout [REGISTRY]</c>: forgets the credentials for a registry.</summary>
internal static class LogoutCommand
{
    public static Command Create(GlobalOptions global)
    {
        var registry = new Argument<string>("REGISTRY")
        {
            Description = "The registry; Docker Hub without it",
            Arity = ArgumentArity.ZeroOrOne,
            DefaultValueFactory = _ => RepositoryName.DefaultDomain,
        };
        var command = new Command("logout", "Log out from a registry") { registry };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var services = await global.CreateServicesAsync(parsed, cancellationToken);
            string name = parsed.GetRequiredValue(registry);
            bool wasThere = await LoginCommand.Service(services).LogoutAsync(name, cancellationToken);
            Console.WriteLine(wasThere ? $"Removing login credentials for {name}" : $"Not logged in to {name}");
            return 0;
        });
        return command;
    }
}
