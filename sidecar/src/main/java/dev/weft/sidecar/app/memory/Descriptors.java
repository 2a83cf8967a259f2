package dev.weft.sidecar.app.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How many files and sockets the kernel lets this process have. */
public final class Descriptors {
  private static final Path LIMITS = Path.of("/proc/self/limits");
  private static final String OPEN_FILES = "Max open files ";

  private Descriptors() {}

  /** The limit; 0 where it cannot be told or there is none. Reads a file of the kernel's. */
  public static int limit() {
    try {
      return parse(Files.readString(LIMITS));
    } catch (IOException e) {
      return 0;
    }
  }

  static int parse(String limits) {
    int start = limits.indexOf(OPEN_FILES);
    if (start < 0) {
      return 0;
    }
    start += OPEN_FILES.length();
    while (start < limits.length() && limits.charAt(start) == ' ') {
      start++;
    }
    int end = start;
    while (end < limits.length() && limits.charAt(end) >= '0' && limits.charAt(end) <= '9') {
      end++;
    }
    return end == start
        ? 0
        : (int) Math.min(Long.parseLong(limits, start, end, 10), Integer.MAX_VALUE);
  }
}
