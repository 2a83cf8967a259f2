package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** {@code ./weft soak} on the distribution that has just been built. Stateless. */
final class SoakProcess {
  private static final Path SOAK = Path.of("..", "soak", "target");

  private SoakProcess() {}

  /** Fails when it does not pass; what it prints is in {@code log}. */
  static void passes(Path log, String... arguments) throws Exception {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dweft.home=" + Distribution.built().home(),
                "-cp",
                classPath(),
                "dev.weft.soak.SoakMain"));
    command.addAll(List.of(arguments));
    Process soak =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    int exit;
    try {
      exit = soak.waitFor();
    } finally {
      soak.destroy();
    }
    assertThat(exit).as(Files.readString(log)).isZero();
    assertThat(log).content().contains("PASSED");
  }

  private static String classPath() throws IOException {
    try (Stream<Path> files = Files.list(SOAK)) {
      List<String> own =
          files
              .map(Path::toString)
              .filter(file -> file.matches(".*/weft-soak-[^/]*\\.jar"))
              .toList();
      return String.join(File.pathSeparator, own)
          + File.pathSeparator
          + Files.readString(SOAK.resolve("dependencies.classpath")).strip();
    }
  }
}
