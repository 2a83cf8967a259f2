package dev.weft.soak;

import dev.weft.cli.demo.mesh.Place;
import dev.weft.cli.demo.process.DemoFailed;
import dev.weft.soak.mesh.SoakMesh;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code weft soak} command: by itself the soak with faults; other runs are subcommands. */
@Command(
    name = "weft soak",
    mixinStandardHelpOptions = true,
    description = {
      "Runs the shipped distribution under load for long, and counts what fails. With --minutes: a mesh",
      "in two zones, requests of three protocols, and one fault after the other, from a schedule that",
      "follows from the seed. Exit code 1 when a request failed that need not have, when a process kept",
      "growing, or when the mesh was not equal again after a fault."
    },
    subcommands = {ChurnCommand.class, RolloutCommand.class})
public final class SoakMain implements Callable<Integer> {
  private static final long SEEDS = 1_000_000;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--minutes", paramLabel = "N", description = "How long faults are made.")
  private @Nullable Integer minutes;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Of the schedule of faults; without it one is chosen and printed.")
  private @Nullable Long seed;

  @Option(
      names = "--rate",
      defaultValue = "150",
      description = "Requests a second in all; default ${DEFAULT-VALUE}.")
  private int rate = 150;

  @Option(names = "--keep", description = "Keep the logs also when everything was good.")
  private boolean keep;

  public static void main(String[] args) {
    System.exit(new CommandLine(new SoakMain()).execute(args));
  }

  @Override
  public Integer call() {
    Integer wanted = minutes;
    if (wanted == null || wanted < 1) {
      throw new ParameterException(
          spec.commandLine(),
          "say for how long with --minutes N (1 or more), or name a run: "
              + spec.subcommands().keySet());
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
    try (SoakMesh mesh = new SoakMesh(place, SoakMesh.SHORT_TTL)) {
      Runtime.getRuntime().addShutdownHook(new Thread(mesh::close, "soak-end"));
      mesh.start();
      good = new SoakRun(mesh, chosen, Duration.ofMinutes(wanted), rate, out).run();
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
