package dev.weft.cli;

import dev.weft.cli.cluster.MeshCluster;
import dev.weft.cli.cluster.PodName;
import dev.weft.cli.connection.Kubeconfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows what the sidecar of a pod logs. */
@Command(
    name = "logs",
    mixinStandardHelpOptions = true,
    description = "Show the log of a pod's sidecar, in Kubernetes.")
final class LogsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Kubeconfig kubeconfig = new Kubeconfig();

  @Parameters(index = "0", paramLabel = "POD[.NAMESPACE]", description = "The pod.")
  private String pod = "";

  @Option(
      names = {"-n", "--namespace"},
      description = "Of the pod; default: what stands after the dot, else default.")
  private @Nullable String namespace;

  @Option(
      names = "--tail",
      paramLabel = "LINES",
      defaultValue = "0",
      description = "Only so many lines of its end; 0: all.")
  private int tail;

  @Option(
      names = {"-f", "--follow"},
      description = "Go on as it is written, until interrupted.")
  private boolean follow;

  @Override
  public Integer call() throws IOException {
    PodName name = PodName.parse(pod, namespace);
    PrintWriter out = spec.commandLine().getOut();
    try (MeshCluster cluster = kubeconfig.cluster()) {
      if (!follow) {
        out.print(cluster.sidecar(name).logs(tail));
        out.flush();
        return 0;
      }
      try (var lines =
          new BufferedReader(
              new InputStreamReader(cluster.sidecar(name).follow(tail), StandardCharsets.UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          out.println(line);
          out.flush();
        }
      }
      return 0;
    }
  }
}
