package dev.weft.cli.install;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints the manifests of the control plane. */
@Command(
    name = "install",
    mixinStandardHelpOptions = true,
    description = {
      "Print the manifests that install Weft in a Kubernetes cluster:",
      "  weft install | kubectl apply -f -"
    })
public final class InstallCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private InstallOptions options = new InstallOptions();

  @Override
  public Integer call() {
    return print(spec, options, false);
  }

  /** Prints the objects as a stream of documents; backwards, for their end. */
  static int print(CommandSpec spec, InstallOptions options, boolean backwards) {
    try {
      List<ObjectManifest> objects = options.objects();
      PrintWriter out = spec.commandLine().getOut();
      out.print(
          (backwards ? objects.reversed() : objects)
              .stream().map(options::text).collect(Collectors.joining("---\n")));
      out.flush();
      return 0;
    } catch (InstallFailed e) {
      PrintWriter err = spec.commandLine().getErr();
      err.println("error: " + e.getMessage());
      err.flush();
      return 1;
    }
  }
}
