package dev.weft.cli;

import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.proto.registry.v1.ListInstancesRequest;
import dev.weft.proto.registry.v1.ListInstancesResponse;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.proto.registry.v1.WatchEvent;
import dev.weft.proto.registry.v1.WatchRequest;
import java.io.PrintWriter;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows or follows the instances that are registered. */
@Command(
    name = "registry",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "List or watch the registered instances.")
final class RegistryCommand {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "List instances, of one service or of all.")
  int list(
      @Mixin Connection connection,
      @Mixin InstanceSelection selection,
      @Option(
              names = {"-o", "--output"},
              defaultValue = "table",
              description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
          OutputFormat output) {
    ListInstancesResponse response =
        connection.call(
            channel ->
                RegistryServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(connection.timeoutSeconds(), TimeUnit.SECONDS)
                    .listInstances(
                        ListInstancesRequest.newBuilder()
                            .setNamespace(selection.namespace())
                            .setService(selection.service())
                            .build()));
    PrintWriter out = spec.commandLine().getOut();
    switch (output) {
      case JSON -> out.println(Yaml.json(response));
      case YAML -> out.print(Yaml.yaml(response));
      case TABLE -> {
        Table table =
            new Table(
                "NAMESPACE",
                "SERVICE",
                "INSTANCE",
                "ADDRESS",
                "PORTS",
                "STATE",
                "WEIGHT",
                "LABELS",
                "SOURCE",
                "REVISION");
        response.getInstancesList().forEach(instance -> addRow(table, instance));
        table.print(out);
        int count = response.getInstancesCount();
        out.println(
            count
                + (count == 1 ? " instance" : " instances")
                + " at revision "
                + response.getRevision());
      }
    }
    out.flush();
    return 0;
  }

  @Command(
      name = "watch",
      mixinStandardHelpOptions = true,
      description = "Print the instances, then every change, until interrupted.")
  int watch(
      @Mixin Connection connection,
      @Mixin InstanceSelection selection,
      @Option(
              names = "--from-revision",
              defaultValue = "0",
              description = "Every change after this revision, instead of the present state first.")
          long fromRevision) {
    PrintWriter out = spec.commandLine().getOut();
    return connection.call(
        channel -> {
          Iterator<WatchEvent> events =
              RegistryServiceGrpc.newBlockingStub(channel)
                  .watch(
                      WatchRequest.newBuilder()
                          .setNamespace(selection.namespace())
                          .setService(selection.service())
                          .setFromRevision(fromRevision)
                          .build());
          while (events.hasNext()) {
            out.println(line(events.next()));
            out.flush();
          }
          return 0;
        });
  }

  private static String line(WatchEvent event) {
    Instance instance = event.getInstance();
    String subject = instance.getNamespace() + "/" + instance.getService() + " " + instance.getId();
    return switch (event.getType()) {
      case SYNCED -> "synced   revision " + event.getRevision();
      case REMOVED -> "removed  " + subject + "   revision " + event.getRevision();
      default ->
          "put      "
              + subject
              + " "
              + instance.getAddress()
              + " "
              + ports(instance)
              + " "
              + state(instance)
              + "   revision "
              + event.getRevision();
    };
  }

  private static void addRow(Table table, Instance instance) {
    table.row(
        instance.getNamespace(),
        instance.getService(),
        instance.getId(),
        instance.getAddress(),
        ports(instance),
        state(instance),
        instance.getWeight(),
        Summary.labels(instance.getLabelsMap()),
        instance.getSource(),
        instance.getRevision());
  }

  private static String ports(Instance instance) {
    return instance.getPortsList().stream()
        .map(port -> addressed(port) + "->" + port.getPort())
        .collect(Collectors.joining(","));
  }

  /** An endpoint of Kubernetes names the port of its Service. */
  private static String addressed(InstancePort port) {
    return port.getServicePort() == 0 ? port.getName() : Integer.toString(port.getServicePort());
  }

  private static String state(Instance instance) {
    String reason = instance.getReadinessReason();
    return instance.getReadiness() + (reason.isEmpty() ? "" : " (" + reason + ")");
  }
}
