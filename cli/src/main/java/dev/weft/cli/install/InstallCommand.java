package dev.weft.cli.install;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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

  /** Prints documents as one stream. */
  static void print(CommandSpec spec, Stream<String> documents) {
    PrintWriter out = spec.commandLine().getOut();
    out.print(documents.collect(Collectors.joining("---\n")));
    out.flush();
  }

  /** Prints the objects as a stream of documents; backwards, for their end. */
  static int print(CommandSpec spec, InstallOptions options, boolean backwards) {
    try {
      List<ObjectManifest> objects = options.objects();
      print(spec, (backwards ? objects.reversed() : objects).stream().map(options::text));
      return 0;
    } catch (InstallFailed e) {
      PrintWriter err = spec.commandLine().getErr();
      err.println("error: " + e.getMessage());
      err.flush();
      return 1;
    }
  }
}
