package dev.weft.dist;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The distribution that the build has just laid out, or a copy of it. */
record Distribution(Path home) {
  /** What a run of a start script printed, and how it ended. */
  record Run(int exitCode, String out, String err) {}

  static Distribution built() {
    return new Distribution(Path.of("target", "weft").toAbsolutePath());
  }

  /** The folder of the sidecar, which is a distribution of its own. */
  Distribution sidecar() {
    return new Distribution(home.resolve("sidecar"));
  }

  /** A copy whose files have the times of the originals. */
  Distribution copyTo(Path target) throws IOException {
    try (Stream<Path> files = Files.walk(home)) {
      for (Path from : (Iterable<Path>) files::iterator) {
        Path to = target.resolve(home.relativize(from).toString());
        if (Files.isDirectory(from, LinkOption.NOFOLLOW_LINKS)) {
          Files.createDirectories(to);
        } else {
          Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES);
        }
      }
    }
    return new Distribution(target);
  }

  /** The names of its jars without their versions, in order. */
  List<String> jars() throws IOException {
    try (Stream<Path> files = Files.list(home.resolve("lib"))) {
      return files
          .map(file -> file.getFileName().toString())
          .map(
              name ->
                  name.replaceFirst(
                      "-[0-9][^-]*(-SNAPSHOT)?(-android)?(?=(-linux-[a-z0-9_]+)?\\.jar$)", ""))
          .map(name -> name.replaceFirst("\\.jar$", ""))
          .sorted()
          .toList();
    }
  }

  Path jar(String prefix) throws IOException {
    try (Stream<Path> files = Files.list(home.resolve("lib"))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(prefix))
          .findFirst()
          .orElseThrow();
    }
  }

  List<Path> caches() throws IOException {
    try (Stream<Path> files = Files.list(home.resolve("aot"))) {
      return files.filter(file -> file.toString().endsWith(".aot")).toList();
    }
  }

  /** Runs a start script of its {@code bin} to its end. */
  Run run(Map<String, String> environment, String script, String... args) {
    List<String> command = new ArrayList<>();
    command.add(home.resolve("bin").resolve(script).toString());
    command.addAll(List.of(args));
    try {
      Path out = Files.createTempFile("weft-out", ".txt");
      Path err = Files.createTempFile("weft-err", ".txt");
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
      builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
      builder.environment().putAll(environment);
      int exitCode = builder.start().waitFor();
      Run run =
          new Run(exitCode, Files.readString(out), Files.readString(err, StandardCharsets.UTF_8));
      Files.delete(out);
      Files.delete(err);
      return run;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
