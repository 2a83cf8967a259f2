package dev.weft.cli;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** How a class of this test's class path is run as a process of its own, small. Stateless. */
final class JavaCommand {
  private JavaCommand() {}

  static List<String> of(String mainClass, String... arguments) {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx160m",
                "-cp",
                classPath(),
                mainClass));
    command.addAll(List.of(arguments));
    return command;
  }

  /** Some launchers of tests load them by a loader of their own, and not by the class path. */
  private static String classPath() {
    return JavaCommand.class.getClassLoader() instanceof URLClassLoader loader
        ? Arrays.stream(loader.getURLs()).map(URL::getPath).collect(Collectors.joining(":"))
        : System.getProperty("java.class.path");
  }
}
