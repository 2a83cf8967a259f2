package dev.weft.sidecar.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How many files and sockets the kernel lets this process have. */
final class Descriptors {
  private static final Path LIMITS = Path.of("/proc/self/limits");
  private static final Pattern OPEN_FILES = Pattern.compile("Max open files +(\\d+)");

  private Descriptors() {}

  /** The limit; 0 where it cannot be told or there is none. Reads a file of the kernel's. */
  static int limit() {
    try {
      return parse(Files.readString(LIMITS));
    } catch (IOException e) {
      return 0;
    }
  }

  static int parse(String limits) {
    Matcher line = OPEN_FILES.matcher(limits);
    return line.find() ? (int) Math.min(Long.parseLong(line.group(1)), Integer.MAX_VALUE) : 0;
  }
}
