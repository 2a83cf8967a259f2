package dev.weft.cli.images;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * The kind of machine that images are for: that of the JDK that is given. Its programs run here
 * only if it is ours.
 *
 * @param architecture as images name it: {@code amd64}, {@code arm64}
 * @param jdk of that architecture
 * @param sysroot the root folder of a Linux of that architecture; null: this machine's own
 */
record Machine(String architecture, Path jdk, @Nullable Path sysroot) {
  /**
   * Reads what the JDK is for.
   *
   * @throws ImagesFailed when it is no JDK, is for a machine of which there are no images, or is
   *     not for this one and no system is given with it
   */
  static Machine of(Path jdk, @Nullable Path sysroot) throws IOException {
    Path release = jdk.resolve("release");
    if (!Files.isRegularFile(release)) {
      throw new ImagesFailed(
          jdk + " has no file \"release\": give the home of a JDK by --jdk or JAVA_HOME");
    }
    var properties = new Properties();
    try (Reader in = Files.newBufferedReader(release)) {
      properties.load(in);
    }
    String said = properties.getProperty("OS_ARCH", "").replace("\"", "");
    String architecture = image(said);
    boolean own = architecture.equals(image(System.getProperty("os.arch")));
    if (!own && sysroot == null) {
      throw new ImagesFailed(
          jdk
              + " is for "
              + said
              + ", and this machine is not: give with it by --sysroot the folder of a Linux of that"
              + " kind, in which the packages of the C library, zlib and nftables are unpacked");
    }
    return new Machine(architecture, jdk, own ? null : sysroot);
  }

  /** Whether its programs run here. */
  boolean own() {
    return sysroot == null;
  }

  /** How Netty calls it. */
  String ofNetty() {
    return architecture.equals("arm64") ? "aarch_64" : "x86_64";
  }

  /** How Linux distributions call its folders of libraries. */
  String triplet() {
    return (architecture.equals("arm64") ? "aarch64" : "x86_64") + "-linux-gnu";
  }

  private static String image(String name) {
    return switch (name) {
      case "amd64", "x86_64" -> "amd64";
      case "aarch64" -> "arm64";
      default -> throw new ImagesFailed("there is no image for the architecture \"" + name + "\"");
    };
  }
}
