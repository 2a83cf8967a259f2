package dev.weft.soak;

import dev.weft.cli.demo.mesh.Place;
import dev.weft.cli.demo.process.DemoFailed;
import dev.weft.soak.churn.Population;
import dev.weft.soak.mesh.SoakMesh;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Instances come and go all the time, beside real sidecars under load. */
@Command(
    name = "churn",
    mixinStandardHelpOptions = true,
    description = {
      "Register simulated instances of many services at two control planes on an etcd, and let some end",
      "and as many come, every second, beside real sidecars under load. Reports how long a change",
      "takes to subscribers, and processors and memory of the control planes. Exit code 1 when a call",
      "or a request failed, a change was not seen, replicas differ at the end, or something grew."
    })
final class ChurnCommand implements Callable<Integer> {
  /** As the control plane has it when nothing is said. */
  private static final Duration TTL = Duration.ofSeconds(10);

  private static final long SEEDS = 1_000_000;

  /** In less, hardly anything comes and goes. */
  private static final int LEAST_SECONDS = 30;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--services",
      defaultValue = "1000",
      description = "Services; default ${DEFAULT-VALUE}.")
  private int services = 1000;

  @Option(
      names = "--instances",
      defaultValue = "10000",
      description = "Simulated instances at any time; default ${DEFAULT-VALUE}.")
  private int instances = 10_000;

  @Option(
      names = "--rate",
      defaultValue = "100",
      description = "Registrations, and as many ends, a second; default ${DEFAULT-VALUE}.")
  private int rate = 100;

  @Option(
      names = "--minutes",
      defaultValue = "10",
      description = "Default ${DEFAULT-VALUE}; a part of one, too: 0.5.")
  private double minutes = 10;

  @Option(
      names = "--requests",
      defaultValue = "100",
      description = "Requests a second through the real sidecars; default ${DEFAULT-VALUE}.")
  private int requests = 100;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Of who ends; without it one is chosen and printed.")
  private @Nullable Long seed;

  @Option(names = "--keep", description = "Keep the logs also when everything was good.")
  private boolean keep;

  @Override
  public Integer call() {
    if (services < 1 || instances < services || rate < 1 || requests < 1) {
      throw new ParameterException(
          spec.commandLine(),
          "expected --services, --rate and --requests of 1 or more, and at least as many --instances"
              + " as services");
    }
    long seconds = Math.round(minutes * 60);
    if (seconds < LEAST_SECONDS) {
      throw new ParameterException(
          spec.commandLine(),
          "expected --minutes of " + LEAST_SECONDS / 60.0 + " or more, not " + minutes);
    }
    if (instances < Population.least(rate)) {
      throw new ParameterException(
          spec.commandLine(),
          String.format(
              "expected at least %d --instances for a --rate of %d, not %d: those that have just"
                  + " come stay for a while",
              Population.least(rate), rate, instances));
    }
    PrintWriter out = spec.commandLine().getOut();
    long chosen = seed == null ? ThreadLocalRandom.current().nextLong(SEEDS) : seed;
    Place place;
    try {
      place = Place.create();
    } catch (DemoFailed e) {
      spec.commandLine().getErr().println("error: " + e.getMessage());
      return 1;
    }
    boolean good = false;
    try (SoakMesh mesh = new SoakMesh(place, TTL)) {
      Runtime.getRuntime().addShutdownHook(new Thread(mesh::close, "soak-end"));
      mesh.start();
      var size =
          new ChurnRun.Size(services, instances, rate, Duration.ofSeconds(seconds), requests);
      good = new ChurnRun(mesh, size, TTL, chosen, out).run();
    } catch (DemoFailed e) {
      spec.commandLine()
          .getErr()
          .println("error: " + e.getMessage() + "; seed " + chosen + ", logs: " + place.folder());
    }
    if (good && !keep) {
      place.delete();
    } else {
      out.println("logs: " + place.folder());
    }
    out.flush();
    return good ? 0 : 1;
  }
}
