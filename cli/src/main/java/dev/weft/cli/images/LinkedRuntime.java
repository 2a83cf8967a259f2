package dev.weft.cli.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The JVM of an image, linked of the JDK's modules that its program uses. */
final class LinkedRuntime {
  /** Where it is in the image. */
  static final String FOLDER = "/weft/runtime";

  private LinkedRuntime() {}

  /**
   * Links it into {@code root}. For another kind of machine this one's {@code jlink} does it, which
   * has to be of the same version, of the modules that the other's JDK has as files.
   *
   * @throws ImagesFailed when there is no {@code jlink} or are no modules, or that fails
   */
  static void addTo(RootFileSystem root, Machine machine, List<String> modules) throws IOException {
    Path jdk = machine.own() ? machine.jdk() : Path.of(System.getProperty("java.home"));
    Path jlink = jdk.resolve("bin/jlink");
    if (!Files.isExecutable(jlink)) {
      throw new ImagesFailed(
          jdk + " has no bin/jlink: give the home of a JDK (not of a JRE) by --jdk or JAVA_HOME");
    }
    var command = new ArrayList<>(List.of(jlink.toString()));
    if (!machine.own()) {
      Path files = machine.jdk().resolve("jmods");
      if (!Files.isRegularFile(files.resolve("java.base.jmod"))) {
        throw new ImagesFailed(
            files
                + " has no java.base.jmod: a runtime for another kind of machine is linked of a"
                + " JDK's jmods, which some JDKs offer as a package of their own");
      }
      command.addAll(List.of("--module-path", files.toString()));
    }
    Path target = root.at(FOLDER);
    Files.createDirectories(target.getParent());
    command.addAll(
        List.of(
            "--add-modules",
            String.join(",", modules),
            "--strip-java-debug-attributes",
            "--no-header-files",
            "--no-man-pages",
            // What runs comes from the ahead-of-time cache, so that reading slower costs little.
            "--compress=zip-9",
            "--output",
            target.toString()));
    Commands.succeed("linking the runtime", command);
    for (Path binary : root.binaries()) {
      ElfSymbols.strip(binary);
    }
    root.adopt(Layer.RUNTIME, FOLDER);
  }

  /** The JVM's launcher while the image is put together. */
  static Path java(RootFileSystem root) {
    return root.at(FOLDER + "/bin/java");
  }
}
