package dev.weft.cli.registry;

import dev.weft.cli.connection.Connection;
import dev.weft.cli.output.Yaml;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.ListInstancesRequest;
import dev.weft.proto.registry.v1.ListInstancesResponse;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.proto.registry.v1.WatchEvent;
import dev.weft.proto.registry.v1.WatchRequest;
import java.io.PrintWriter;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows, follows or steers the instances that are registered. */
@Command(
    name = "registry",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      OverrideCommands.Drain.class,
      OverrideCommands.Undrain.class,
      OverrideCommands.Weight.class,
      OverrideCommands.Maintenance.class,
      OverrideCommands.Overrides.class,
      RestoreCommand.class
    },
    description = "List, watch and steer the registered instances.")
public final class RegistryCommand {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "List instances, of one service or of all.")
  int list(
      @Mixin Connection connection,
      @Mixin InstanceSelection selection,
      @Option(
              names = {"-l", "--selector"},
              paramLabel = "SELECTOR",
              defaultValue = "",
              description = {
                "Only those that it selects, in kubectl's grammar: version=v2,zone!=b.",
                "Of labels, else metadata, else: address, id, namespace, node, peer, region, service,"
                    + " source, state, sub-zone, weight, zone."
              })
          String selector,
      @Option(
              names = {"-o", "--output"},
              defaultValue = "table",
              description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
          InstanceOutput output) {
    ListInstancesResponse response =
        connection.call(
            channel ->
                RegistryServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(connection.timeoutSeconds(), TimeUnit.SECONDS)
                    .listInstances(
                        ListInstancesRequest.newBuilder()
                            .setNamespace(selection.namespace())
                            .setService(selection.service())
                            .setSelector(selector)
                            .build()));
    PrintWriter out = spec.commandLine().getOut();
    switch (output) {
      case JSON -> out.println(Yaml.json(response));
      case YAML -> out.print(Yaml.yaml(response));
      case TABLE, WIDE -> {
        InstanceTable table = new InstanceTable(output == InstanceOutput.WIDE);
        response.getInstancesList().forEach(table::add);
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
              + InstanceTable.ports(instance)
              + " "
              + InstanceTable.state(instance)
              + "   revision "
              + event.getRevision();
    };
  }
}
