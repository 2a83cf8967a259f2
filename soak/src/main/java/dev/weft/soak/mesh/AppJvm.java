package dev.weft.soak.mesh;

import dev.weft.cli.demo.process.DemoFailed;
import dev.weft.soak.app.SoakApp;
import dev.weft.soak.app.Training;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The JVM of the applications: as small and as quick to start as it can be made, since many start
 * while others serve on the same processors. Main thread only.
 */
public final class AppJvm {
  private static final long TRAINING_SECONDS = 120;

  /** Null where there can be none. */
  private final @Nullable Path cache;

  private AppJvm(@Nullable Path cache) {
    this.cache = cache;
  }

  /**
   * Makes the ahead-of-time cache that every application starts from, in {@code folder}; none where
   * classes are not in jars, as the JVM wants them for a cache.
   *
   * @throws DemoFailed when that fails; the log is in the folder
   */
  public static AppJvm train(Path folder) {
    if (!jars(classPath())) {
      return new AppJvm(null);
    }
    Path cache = folder.resolve("applications.aot");
    Path log = folder.resolve("training.log");
    List<String> command = command(List.of("-XX:AOTCacheOutput=" + cache), Training.class);
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

  /** The command of one application. */
  public List<String> app(String service, String id, int appPort, int outboundPort) {
    List<String> command =
        command(cache == null ? List.of() : List.of("-XX:AOTCache=" + cache), SoakApp.class);
    command.addAll(List.of(service, id, String.valueOf(appPort), String.valueOf(outboundPort)));
    return command;
  }

  private static List<String> command(List<String> aot, Class<?> main) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(aot);
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-Xmx128m",
            "-cp",
            classPath(),
            main.getName()));
    return command;
  }

  /** What a test adds to it for itself are folders; the applications need none of that. */
  private static String classPath() {
    String all = System.getProperty("java.class.path");
    String fewer =
        Arrays.stream(all.split(File.pathSeparator))
            .filter(AppJvm::isJar)
            .collect(Collectors.joining(File.pathSeparator));
    Path own = Path.of(AppJvm.class.getProtectionDomain().getCodeSource().getLocation().getPath());
    return isJar(own.toString()) ? fewer : all;
  }

  private static boolean jars(String classPath) {
    return Arrays.stream(classPath.split(File.pathSeparator)).allMatch(AppJvm::isJar);
  }

  private static boolean isJar(String path) {
    return path.endsWith(".jar");
  }
}
