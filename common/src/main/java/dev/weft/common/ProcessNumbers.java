package dev.weft.common;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the kernel says of this process (Linux's {@code proc(5)}), for metrics: without the JDK's
 * management classes, which would cost a sidecar memory. Reads files of the kernel's at each call;
 * any thread.
 */
public final class ProcessNumbers {
  private static final Path STAT = Path.of("/proc/self/stat");
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String RESIDENT = "VmRSS:";

  /** {@code USER_HZ}, which the kernel keeps at that for programs whatever it runs at itself. */
  private static final double TICKS_PER_SECOND = 100;

  /** User and system time in {@code stat}, counted after the name of the program. */
  private static final int USER_TIME = 11;

  private ProcessNumbers() {}

  /** CPU time that it has taken since its start, in seconds; NaN where no kernel says so. */
  public static double cpuSeconds() {
    return cpuSeconds(read(STAT));
  }

  /** Memory that it has in RAM, in bytes; NaN where no kernel says so. */
  public static double residentBytes() {
    return residentBytes(read(STATUS));
  }

  static double cpuSeconds(String stat) {
    // The name is in parentheses, and may have spaces and parentheses itself.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ");
    return fields.length > USER_TIME + 1
        ? (Long.parseLong(fields[USER_TIME]) + Long.parseLong(fields[USER_TIME + 1]))
            / TICKS_PER_SECOND
        : Double.NaN;
  }

  static double residentBytes(String status) {
    int start = status.indexOf(RESIDENT);
    int end = start < 0 ? -1 : status.indexOf("kB", start);
    return end < 0
        ? Double.NaN
        : 1024.0 * Long.parseLong(status.substring(start + RESIDENT.length(), end).strip());
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }
}
