package dev.weft.controlplane.webhook.injection;

import dev.weft.common.wire.Syntax;
import java.math.BigDecimal;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How single settings are written. Each method returns what was expected, or null. Pure. */
final class Formats {
  static final String ENABLED = "enabled";
  static final String DISABLED = "disabled";

  /** What the JVM needs beside the smallest heap and direct memory. */
  private static final BigDecimal LEAST_MEMORY = BigDecimal.valueOf(88L << 20);

  private static final BigDecimal LEAST_CPU = new BigDecimal("0.001");
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,10}");
  private static final int MAX_PORT = 65535;

  /** As {@code --max-head-bytes} of the sidecar. */
  private static final int LEAST_HEAD = 8 << 10;

  private static final int MOST_HEAD = 256 << 10;

  /** Admin, outbound, inbound, probes, and DNS for up to three name servers. */
  private static final Set<Integer> USED_PORTS =
      Set.of(15000, 15001, 15006, SidecarTemplate.PROBE_PORT, 15053, 15054, 15055);

  private static final Pattern FOLDER = Pattern.compile("(?:/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99})+");
  private static final int LONGEST_FOLDER = 256;

  /** Of the kernel, or what programs and the kubelet have there: neither they nor below. */
  private static final Pattern SYSTEM_FOLDER =
      Pattern.compile("/(?:bin|boot|dev|lib[0-9a-z]*|proc|sbin|sys|(?:var/)?run/secrets)(?:/.*)?");

  /** What containers have much in, all of which would be hidden. */
  private static final Set<String> CROWDED_FOLDERS =
      Set.of(
          "/etc",
          "/etc/ssl",
          "/home",
          "/media",
          "/mnt",
          "/opt",
          "/root",
          "/run",
          "/srv",
          "/tmp",
          "/usr",
          "/usr/bin",
          "/usr/lib",
          "/usr/lib64",
          "/usr/local",
          "/usr/local/bin",
          "/usr/local/lib",
          "/usr/sbin",
          "/usr/share",
          "/var",
          "/var/cache",
          "/var/lib",
          "/var/log",
          "/var/run",
          "/var/tmp");

  private static final long MAX_UID = Integer.MAX_VALUE;

  private Formats() {}

  static @Nullable String cpu(String text) {
    BigDecimal amount = Quantity.parse(text);
    return amount == null || amount.compareTo(LEAST_CPU) < 0
        ? "an amount of CPU from 1m up, such as 50m or 0.5"
        : null;
  }

  static @Nullable String memory(String text) {
    BigDecimal amount = Quantity.parse(text);
    return amount == null || text.endsWith("m") || amount.compareTo(BigDecimal.ONE) < 0
        ? "an amount of memory, such as 128Mi"
        : null;
  }

  static @Nullable String memoryLimit(String text) {
    BigDecimal amount = Quantity.parse(text);
    return memory(text) != null || amount == null || amount.compareTo(LEAST_MEMORY) < 0
        ? "an amount of memory from 88Mi up, such as 192Mi (less does not fit the sidecar)"
        : null;
  }

  static @Nullable String ports(String text) {
    String[] ends = text.split("-", -1);
    boolean good =
        ends.length <= 2 && port(ends[0]) >= 1 && port(ends[ends.length - 1]) >= port(ends[0]);
    return good ? null : "a port from 1 to 65535, or a range such as 9000-9010";
  }

  static @Nullable String headBytes(String text) {
    boolean good =
        NUMBER.matcher(text).matches()
            && Long.parseLong(text) >= LEAST_HEAD
            && Long.parseLong(text) <= MOST_HEAD;
    return good ? null : "a number of bytes from " + LEAST_HEAD + " to " + MOST_HEAD;
  }

  static @Nullable String configPort(String text) {
    int port = port(text);
    boolean good =
        port >= SidecarTemplate.FIRST_PORT
            && port <= SidecarTemplate.LAST_PORT
            && !USED_PORTS.contains(port);
    return good
        ? null
        : "a port from "
            + SidecarTemplate.FIRST_PORT
            + " to "
            + SidecarTemplate.LAST_PORT
            + " that the sidecar does not use itself, such as 15010";
  }

  static @Nullable String configFolder(String text) {
    if (text.length() > LONGEST_FOLDER || !FOLDER.matcher(text).matches()) {
      return "an absolute path of letters, digits, '.', '_' and '-', at most "
          + LONGEST_FOLDER
          + " characters, such as /var/run/config";
    }
    return SYSTEM_FOLDER.matcher(text).matches() || CROWDED_FOLDERS.contains(text)
        ? "a folder of its own, such as /var/run/config: what containers have in this one would be"
            + " hidden"
        : null;
  }

  static @Nullable String cidr(String text) {
    int slash = text.lastIndexOf('/');
    String address = slash < 0 ? text : text.substring(0, slash);
    int longest = address.indexOf(':') >= 0 ? 128 : 32;
    String length = slash < 0 ? "" + longest : text.substring(slash + 1);
    boolean good =
        Syntax.isIpAddress(address)
            && NUMBER.matcher(length).matches()
            && Long.parseLong(length) <= longest;
    return good ? null : "a block of addresses, such as 10.20.0.0/16 or fd00::/64";
  }

  static @Nullable String uid(String text) {
    return NUMBER.matcher(text).matches() && Long.parseLong(text) <= MAX_UID
        ? null
        : "a user id from 0 to " + MAX_UID;
  }

  private static int port(String text) {
    int number = text.length() <= 5 && NUMBER.matcher(text).matches() ? Integer.parseInt(text) : 0;
    return number <= MAX_PORT ? number : 0;
  }
}
