package dev.weft.cli;

import dev.weft.cli.check.CheckReport;
import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Findings;
import dev.weft.cli.check.gather.ClusterMesh;
import dev.weft.cli.check.gather.RegistryMesh;
import dev.weft.cli.cluster.MeshCluster;
import dev.weft.cli.connection.Connection;
import dev.weft.cli.connection.Failures.CommandFailed;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says everything that could be wrong, each with its remedy. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    description = {
      "Look for everything that could be wrong, and say what to do about it.",
      "In a cluster without Weft: whether it can be installed; with it: control plane, webhooks,"
          + " certificates, pods, sidecars, applications, routes and policies.",
      "Exits with 0 when there is no error, else with 1."
    })
final class CheckCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Connection connection = new Connection();

  @Option(
      names = {"-n", "--namespace"},
      defaultValue = "",
      description = "Only its pods, routes and policies; by default of every one in the mesh.")
  private String namespace = "";

  @Option(
      names = {"-o", "--output"},
      defaultValue = "text",
      description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
  private Format output = Format.TEXT;

  /** How it is printed. */
  enum Format {
    TEXT,
    JSON
  }

  @Override
  public Integer call() {
    var findings = new Findings();
    if (connection.inCluster()) {
      try (MeshCluster cluster = connection.kubeconfig().cluster()) {
        ClusterMesh.check(cluster, namespace, findings);
      }
    } else {
      withoutKubernetes(findings);
    }
    var report = new CheckReport(findings);
    PrintWriter out = spec.commandLine().getOut();
    if (output == Format.JSON) {
      out.println(report.json());
    } else {
      out.print(report.text());
    }
    out.flush();
    return report.passed() ? 0 : 1;
  }

  private void withoutKubernetes(Findings findings) {
    try {
      connection.call(
          channel -> {
            RegistryMesh.check(
                channel, connection.address(), namespace, connection.timeoutSeconds(), findings);
            return findings;
          });
    } catch (CommandFailed e) {
      String[] lines = String.valueOf(e.getMessage()).split("\n", 2);
      findings.error(
          CheckId.CONTROL_PLANE,
          "",
          lines[0],
          lines.length == 2
              ? lines[1].strip() + " For a cluster, name its --kubeconfig."
              : "look at the control plane's log");
    }
  }
}
