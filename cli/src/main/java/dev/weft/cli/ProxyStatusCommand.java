package dev.weft.cli;

import dev.weft.cli.connection.Connection;
import dev.weft.cli.output.Output;
import dev.weft.cli.output.Table;
import dev.weft.cli.output.Times;
import dev.weft.proto.discovery.v1.Rejection;
import dev.weft.proto.mesh.v1.ListNodesRequest;
import dev.weft.proto.mesh.v1.ListNodesResponse;
import dev.weft.proto.mesh.v1.MeshServiceGrpc;
import dev.weft.proto.mesh.v1.NodeStatus;
import dev.weft.proto.mesh.v1.Trouble;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Shows which sidecars are connected, and whether what they were sent is in force. */
@Command(
    name = "proxy-status",
    mixinStandardHelpOptions = true,
    description = "Show the connected sidecars and whether they are in sync.")
final class ProxyStatusCommand implements Callable<Integer> {
  /** Of callers that are no connected sidecars: of a flood of them, the newest say enough. */
  private static final int SHOWN = 20;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Connection connection = new Connection();

  @Mixin private Output output = new Output();

  @Override
  public Integer call() {
    ListNodesResponse response =
        connection.call(
            channel ->
                MeshServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(connection.timeoutSeconds(), TimeUnit.SECONDS)
                    .listNodes(ListNodesRequest.getDefaultInstance()));
    PrintWriter out = spec.commandLine().getOut();
    output.print(response, out, () -> printTable(response, out));
    return 0;
  }

  private static void printTable(ListNodesResponse response, PrintWriter out) {
    Table table =
        new Table(
            "NODE",
            "NAMESPACE",
            "SERVICE",
            "STATE",
            "ACKED",
            "SUBSCRIPTIONS",
            "RESOURCES",
            "SENT",
            "RESUMED",
            "CONFIG",
            "CONNECTED",
            "ADDRESS");
    for (NodeStatus node : response.getNodesList()) {
      table.row(
          node.getNode().getId(),
          node.getNode().getNamespace(),
          node.getNode().getService(),
          node.getState(),
          node.getAcknowledgedRevision(),
          node.getSubscriptions(),
          node.getResources(),
          node.getResourcesSent(),
          node.getResourcesResumed(),
          node.getAppConfigVersion().substring(0, Math.min(8, node.getAppConfigVersion().length())),
          Times.age(node.getConnectedAtMillis()),
          node.getPeerAddress());
    }
    table.print(out);
    for (NodeStatus node : response.getNodesList()) {
      if (node.hasLastRejection()) {
        Rejection rejection = node.getLastRejection();
        out.printf(
            "%s refused %s %s at %s, %s ago: %s%n",
            node.getNode().getId(),
            rejection.getResource().getKind(),
            rejection.getResource().getName(),
            rejection.getFieldPath(),
            Times.age(node.getLastRejectionAtMillis()),
            rejection.getMessage());
      }
    }
    for (NodeStatus node : response.getNodesList()) {
      node.getTroublesList().forEach(trouble -> print(trouble, out));
    }
    List<Trouble> others = response.getTroublesList();
    others.stream().limit(SHOWN).forEach(trouble -> print(trouble, out));
    if (others.size() > SHOWN) {
      out.println("... and " + (others.size() - SHOWN) + " more; -o json has them all");
    }
    String here =
        response.getReplica().isEmpty() ? "" : " connected to replica " + response.getReplica();
    out.println(
        response.getNodesCount()
            + " sidecars"
            + here
            + "; store "
            + response.getStoreId()
            + " at revision "
            + response.getRevision());
    if (response.getOthersCount() > 0) {
      out.println(
          response.getOthersList().stream()
              .map(other -> other.getId() + ": " + other.getNodes() + " sidecars")
              .collect(Collectors.joining(", ", "other replicas (", "); ask each for its own")));
    }
  }

  private static void print(Trouble trouble, PrintWriter out) {
    out.printf(
        "%s%s %s%s%n",
        trouble.getPeer(),
        trouble.getAddress().equals(trouble.getPeer()) ? "" : " (" + trouble.getAddress() + ")",
        trouble.getMessage(),
        when(trouble));
  }

  private static String when(Trouble trouble) {
    String last = Times.age(trouble.getLastAtMillis()) + " ago";
    return trouble.getTimes() <= 1
        ? " [" + last + "]"
        : " ["
            + trouble.getTimes()
            + " times since "
            + Times.age(trouble.getFirstAtMillis())
            + " ago, last "
            + last
            + "]";
  }
}
