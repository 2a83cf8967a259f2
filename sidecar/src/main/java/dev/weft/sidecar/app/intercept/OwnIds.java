package dev.weft.sidecar.app.intercept;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Whether this process is one that interception leaves alone. If it were not, what it sends would
 * come back to it, and be sent again.
 */
public final class OwnIds {
  private static final Path STATUS = Path.of("/proc/self/status");

  private OwnIds() {}

  /**
   * Checks user and group, as the kernel has them.
   *
   * @throws IllegalArgumentException one line: as whom it runs, and as whom it should
   */
  public static void check() {
    try {
      check(Files.readAllLines(STATUS));
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "--intercept on needs Linux: " + STATUS + " cannot be read", e);
    }
  }

  static void check(List<String> status) {
    String uid = filesystemId(status, "Uid:");
    String gid = filesystemId(status, "Gid:");
    String wanted = Integer.toString(Interception.SIDECAR_ID);
    if (!uid.equals(wanted) && !gid.equals(wanted)) {
      throw new IllegalArgumentException(
          "--intercept on: this process runs as user "
              + uid
              + " and group "
              + gid
              + ", but only what user or group "
              + wanted
              + " sends is not intercepted: it would loop. Run it as one of them, as by setpriv"
              + " --reuid "
              + wanted
              + " --regid "
              + wanted
              + " --clear-groups");
    }
  }

  // The last of four (proc_pid_status(5)): the one that a socket gets.
  private static String filesystemId(List<String> status, String name) {
    for (String line : status) {
      if (line.startsWith(name)) {
        return line.substring(line.lastIndexOf('\t') + 1).strip();
      }
    }
    return "unknown";
  }
}
