package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Three minutes of {@code ./weft soak} on the distribution that has just been built. */
class SoakTest {
  private static final Path SOAK = Path.of("..", "soak", "target");

  @Test
  void threeMinutesOfFaultsCostNoRequestAndLeaveNothingGrown() throws Exception {
    Path log = Path.of("target", "soak.log");
    // Always the same faults: a run that fails can be had again.
    Process soak =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dweft.home=" + Distribution.built().home(),
                "-cp",
                classPath(),
                "dev.weft.soak.SoakMain",
                "--minutes",
                "3",
                "--seed",
                "1")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
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
