package dev.weft.soak;

import dev.weft.cli.demo.process.DemoFailed;
import dev.weft.soak.app.SoakApp;
import dev.weft.soak.app.Training;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The JVM of the applications: as small and as quick to start as it can be made, since many start
 * while others serve on the same processors. Main thread only.
 */
final class AppJvm {
  private static final long TRAINING_SECONDS = 120;

  private final Path cache;

  private AppJvm(Path cache) {
    this.cache = cache;
  }

  /**
   * Makes the ahead-of-time cache that every application starts from, in {@code folder}.
   *
   * @throws DemoFailed when that fails; the log is in the folder
   */
  static AppJvm train(Path folder) {
    Path cache = folder.resolve("applications.aot");
    Path log = folder.resolve("training.log");
    List<String> command = command("-XX:AOTCacheOutput=" + cache, Training.class);
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      if (!process.waitFor(TRAINING_SECONDS, TimeUnit.SECONDS)
          || process.exitValue() != 0
          || !Files.exists(cache)) {
        process.destroyForcibly();
        throw new DemoFailed("no ahead-of-time cache for the applications; see " + log);
      }
    } catch (IOException e) {
      throw new DemoFailed("the applications' training does not start: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DemoFailed("interrupted");
    }
    return new AppJvm(cache);
  }

  List<String> app(String service, String id, int appPort, int outboundPort) {
    List<String> command = command("-XX:AOTCache=" + cache, SoakApp.class);
    command.addAll(List.of(service, id, String.valueOf(appPort), String.valueOf(outboundPort)));
    return command;
  }

  private static List<String> command(String aot, Class<?> main) {
    return new ArrayList<>(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            aot,
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-Xmx128m",
            "-cp",
            System.getProperty("java.class.path"),
            main.getName()));
  }
}
