package dev.weft.cli.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The JVM of an image, linked of the JDK's modules that its program uses. */
final class LinkedRuntime {
  /** Where it is in the image. */
  static final String FOLDER = "/weft/runtime";

  private LinkedRuntime() {}

  /**
   * Links it into {@code root}.
   *
   * @throws ImagesFailed when the JDK has no {@code jlink}, or that fails
   */
  static void addTo(RootFileSystem root, Path jdk, List<String> modules) throws IOException {
    Path jlink = jdk.resolve("bin/jlink");
    if (!Files.isExecutable(jlink)) {
      throw new ImagesFailed(
          jdk + " has no bin/jlink: give the home of a JDK (not of a JRE) by --jdk or JAVA_HOME");
    }
    Path target = root.at(FOLDER);
    Files.createDirectories(target.getParent());
    Commands.succeed(
        "linking the runtime",
        List.of(
            jlink.toString(),
            "--add-modules",
            String.join(",", modules),
            "--strip-java-debug-attributes",
            "--no-header-files",
            "--no-man-pages",
            // What runs comes from the ahead-of-time cache, so that reading slower costs little.
            "--compress=zip-9",
            "--output",
            target.toString()));
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
