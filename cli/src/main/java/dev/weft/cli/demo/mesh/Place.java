package dev.weft.cli.demo.mesh;

import dev.weft.cli.demo.process.DemoFailed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where the demo finds the programs that it starts and keeps what it writes.
 *
 * @param home the distribution
 * @param folder the demo's own folder: logs, stores, manifests
 */
public record Place(Path home, Path folder) {
  /**
   * A new folder, with the distribution that this process was started from.
   *
   * @throws DemoFailed when it was started otherwise, or no folder can be made
   */
  public static Place create() {
    Path home = Path.of(System.getProperty("weft.home", ""));
    if (!Files.isExecutable(home.resolve("bin/weft"))) {
      throw new DemoFailed("start the demo with ./weft demo, or bin/weft demo of a distribution");
    }
    try {
      return new Place(home.toAbsolutePath(), Files.createTempDirectory("weft-demo-"));
    } catch (IOException e) {
      throw new DemoFailed("no temporary folder can be made: " + e);
    }
  }

  public String weft() {
    return home.resolve("bin/weft").toString();
  }

  public String sidecar() {
    return home.resolve("sidecar/bin/weft-sidecar").toString();
  }

  /** A JVM for a small application with only this class's jar. */
  public List<String> appJvm() {
    try {
      Path jar = Path.of(Place.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return List.of(
          Path.of(System.getProperty("java.home"), "bin", "java").toString(),
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-XX:-UsePerfData",
          "-Xshare:auto",
          "-Xmx32m",
          "-Xss256k",
          "-cp",
          jar.toString());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  public Path subfolder(String name) {
    try {
      return Files.createDirectories(folder.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public void delete() {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      // What stays is in the system's temporary folder.
    }
  }
}
