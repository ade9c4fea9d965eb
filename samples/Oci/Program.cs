using System.CommandLine;
using Oci;
using Oci.Commands;

var global = new GlobalOptions();
var root = new RootCommand("Pull, push, keep, look at and mount container images without a daemon.");
global.AddTo(root);
root.Add(PullCommand.Create(global));
root.Add(PushCommand.Create(global));
root.Add(ImagesCommand.Create(global));
root.Add(InspectCommand.Create(global));
root.Add(HistoryCommand.Create(global));
root.Add(UnpackCommand.Create(global));
root.Add(MountCommand.Create(global));
root.Add(UnmountCommand.Create(global));
root.Add(TagCommand.Create(global));
root.Add(RemoveCommand.Create(global));
root.Add(PruneCommand.Create(global));
root.Add(DfCommand.Create(global));
root.Add(FsckCommand.Create(global));
root.Add(SaveCommand.Create(global));
root.Add(LoadCommand.Create(global));
root.Add(ImportCommand.Create(global));
root.Add(ExportCommand.Create(global));
root.Add(RegistryCommand.Create(global));
root.Add(LoginCommand.Create(global));
root.Add(LogoutCommand.Create(global));

return await Shell.RunAsync(root, args);
