package dev.weft.cli.registry;

import dev.weft.cli.connection.Connection;
import dev.weft.cli.connection.InForce;
import dev.weft.cli.output.Output;
import dev.weft.cli.output.Table;
import dev.weft.cli.output.Times;
import dev.weft.proto.registry.v1.ListOverridesRequest;
import dev.weft.proto.registry.v1.ListOverridesResponse;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.proto.registry.v1.RegistryServiceGrpc.RegistryServiceBlockingStub;
import dev.weft.proto.registry.v1.SetInstanceOverrideRequest;
import dev.weft.proto.registry.v1.SetOverrideResponse;
import dev.weft.proto.registry.v1.SetZoneMaintenanceRequest;
import dev.weft.proto.registry.v1.StoredOverride;
import io.grpc.ManagedChannel;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** By which an operator says something of instances and zones. */
final class OverrideCommands {
  private OverrideCommands() {}

  /** Which instance. */
  static final class One {
    @Parameters(index = "0", paramLabel = "INSTANCE", description = "Its id, or the pod's name.")
    private String id = "";

    @Option(
        names = {"-n", "--namespace"},
        defaultValue = "default",
        description = "Where it is; default ${DEFAULT-VALUE}.")
    private String namespace = "";

    SetInstanceOverrideRequest.Builder request() {
      return SetInstanceOverrideRequest.newBuilder().setNamespace(namespace).setId(id);
    }

    String shown() {
      return "instance " + namespace + "/" + id;
    }
  }

  /** What all of them have. */
  static final class Saying {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    @Mixin private Connection connection = new Connection();

    @Option(
        names = "--reason",
        paramLabel = "WHY",
        defaultValue = "",
        description = "Why; shown with the instance.")
    private String reason = "";

    @Option(
        names = "--wait",
        description = "Return when every sidecar that is concerned has the change in force.")
    private boolean await;

    int say(String done, Function<RegistryServiceBlockingStub, SetOverrideResponse> call) {
      return connection.call(channel -> say(channel, done, call));
    }

    private int say(
        ManagedChannel channel,
        String done,
        Function<RegistryServiceBlockingStub, SetOverrideResponse> call) {
      PrintWriter out = spec.commandLine().getOut();
      PrintWriter err = spec.commandLine().getErr();
      SetOverrideResponse response =
          call.apply(
              RegistryServiceGrpc.newBlockingStub(channel)
                  .withDeadlineAfter(connection.timeoutSeconds(), TimeUnit.SECONDS));
      out.println(done + (response.getUnchanged() ? " (it was so already)" : ""));
      out.flush();
      return await
          ? InForce.await(
              channel, "said", response.getRevision(), connection.timeoutSeconds(), out, err)
          : 0;
    }
  }

  /** Takes an instance out. */
  @Command(
      name = "drain",
      mixinStandardHelpOptions = true,
      description = {
        "Take an instance out politely: it gets no new requests, those under way end.",
        "It stays out whatever it says itself, until 'weft registry undrain'."
      })
  static final class Drain implements Callable<Integer> {
    @Mixin private One one = new One();
    @Mixin private Saying saying = new Saying();

    @Option(names = "--force", description = "Even if a service has no ready instance left.")
    private boolean force;

    @Override
    public Integer call() {
      return saying.say(
          one.shown() + " drained",
          registry ->
              registry.setInstanceOverride(
                  one.request().setDrained(true).setReason(saying.reason).setForce(force).build()));
    }
  }

  /** Takes an instance back in. */
  @Command(
      name = "undrain",
      mixinStandardHelpOptions = true,
      description = "Take an instance back in: what it says of its readiness counts again.")
  static final class Undrain implements Callable<Integer> {
    @Mixin private One one = new One();
    @Mixin private Saying saying = new Saying();

    @Override
    public Integer call() {
      return saying.say(
          one.shown() + " undrained",
          registry ->
              registry.setInstanceOverride(
                  one.request().setDrained(false).setReason(saying.reason).build()));
    }
  }

  /** Changes what share an instance gets. */
  @Command(
      name = "weight",
      mixinStandardHelpOptions = true,
      description = "Give an instance another weight among its service's, at once.")
  static final class Weight implements Callable<Integer> {
    private static final String OWN = "own";

    @Spec private CommandSpec spec = CommandSpec.create();
    @Mixin private One one = new One();
    @Mixin private Saying saying = new Saying();

    @Parameters(
        index = "1",
        paramLabel = "N",
        description = "1 to 1000000 (what says nothing has 100), or \"own\": its own again.")
    private String weight = "";

    @Override
    public Integer call() {
      int number = weight.equals(OWN) ? 0 : number();
      return saying.say(
          one.shown() + (number == 0 ? " has its own weight" : " has the weight " + number),
          registry ->
              registry.setInstanceOverride(
                  one.request().setWeight(number).setReason(saying.reason).build()));
    }

    private int number() {
      int number = weight.matches("\\d{1,7}") ? Integer.parseInt(weight) : 0;
      if (number == 0) {
        throw new ParameterException(
            spec.commandLine(),
            "the weight '"
                + weight
                + "' is none: 1 to 1000000, or \"own\"; to send it nothing, 'weft registry drain'");
      }
      return number;
    }
  }

  /** Takes a whole zone out, or back in. */
  @Command(
      name = "maintenance",
      mixinStandardHelpOptions = true,
      description = "Take every instance of a zone out politely (on), or back in (off).")
  static final class Maintenance implements Callable<Integer> {
    /** What is wanted. */
    enum Switch {
      ON,
      OFF
    }

    @Mixin private Saying saying = new Saying();

    @Parameters(index = "0", paramLabel = "on|off", description = "${COMPLETION-CANDIDATES}.")
    private Switch wanted = Switch.OFF;

    @Option(names = "--zone", required = true, paramLabel = "ZONE", description = "Which zone.")
    private String zone = "";

    @Option(
        names = "--force",
        description = "Even if a service has no ready instance left, or the zone no instance yet.")
    private boolean force;

    @Override
    public Integer call() {
      boolean on = wanted == Switch.ON;
      return saying.say(
          "zone " + zone + (on ? " under maintenance" : " no longer under maintenance"),
          registry ->
              registry.setZoneMaintenance(
                  SetZoneMaintenanceRequest.newBuilder()
                      .setZone(zone)
                      .setOn(on)
                      .setReason(saying.reason)
                      .setForce(force)
                      .build()));
    }
  }

  /** Shows everything that was said. */
  @Command(
      name = "overrides",
      mixinStandardHelpOptions = true,
      description = "What operators say of instances and zones, and what they lifted lately.")
  static final class Overrides implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();
    @Mixin private Connection connection = new Connection();

    @Mixin private Output output = new Output();

    @Override
    public Integer call() {
      ListOverridesResponse response =
          connection.call(
              channel ->
                  RegistryServiceGrpc.newBlockingStub(channel)
                      .withDeadlineAfter(connection.timeoutSeconds(), TimeUnit.SECONDS)
                      .listOverrides(ListOverridesRequest.getDefaultInstance()));
      PrintWriter out = spec.commandLine().getOut();
      output.print(response, out, () -> printTable(response, out));
      return 0;
    }

    private void printTable(ListOverridesResponse response, PrintWriter out) {
      if (response.getOverridesCount() == 0) {
        spec.commandLine().getErr().println("operators say nothing");
        return;
      }
      Table table = new Table("OF", "SAYS", "INSTANCES", "AGE", "BY", "REASON");
      response.getOverridesList().forEach(override -> row(table, override));
      table.print(out);
    }

    private static void row(Table table, StoredOverride override) {
      table.row(
          override.getZone().isEmpty()
              ? "instance " + override.getNamespace() + "/" + override.getId()
              : "zone " + override.getZone(),
          says(override),
          override.getInstances(),
          Times.age(override.getAtMillis()),
          override.getBy(),
          override.getReason());
    }

    private static String says(StoredOverride override) {
      if (!override.getZone().isEmpty()) {
        return override.getDrained() ? "maintenance" : "(lifted)";
      }
      String drained = override.getDrained() ? "drained" : "";
      String weight = override.getWeight() == 0 ? "" : "weight " + override.getWeight();
      if (drained.isEmpty() && weight.isEmpty()) {
        return "(lifted)";
      }
      return drained + (drained.isEmpty() || weight.isEmpty() ? "" : ", ") + weight;
    }
  }
}
