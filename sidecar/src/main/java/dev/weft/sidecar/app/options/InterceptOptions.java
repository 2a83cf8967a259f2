package dev.weft.sidecar.app.options;

import dev.weft.sidecar.app.options.Flags.Flag;
import dev.weft.sidecar.probe.ProbeSpec;
import java.io.File;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;

/**
 * What a sidecar is told of intercepted traffic, and of the pod that it stands in.
 *
 * @param on whether the listeners take connections that the kernel has redirected
 * @param register whether the instance registers itself
 * @param pod its name; empty: no pod
 * @param nodeName the machine that it runs on; empty: not told
 * @param podAddress where the application is reached from outside; empty: not told
 * @param probePort for those who ask after health from outside; 0: none
 * @param appProbes the application's own probes, by their name in {@code /app/NAME}
 */
public record InterceptOptions(
    boolean on,
    boolean register,
    String pod,
    String nodeName,
    String podAddress,
    int probePort,
    Map<String, ProbeSpec> appProbes) {
  private static final int MAX_NAME = 253;

  static final List<Flag> FLAGS =
      List.of(
          new Flag("intercept", "on|off", "off", "take redirected connections; see intercept"),
          new Flag("register", "on|off", "on", "off: the registry knows the instance anyway"),
          new Flag("pod", "NAME", "", "the pod it stands in, of --namespace"),
          new Flag("node-name", "NAME", "", "the machine it runs on, a node of Kubernetes"),
          new Flag("pod-address", "IP", "", "where the application is reached from outside"),
          new Flag("probe-port", "PORT", "0", "/ready, /live, /metrics, /app/ on all addresses"),
          new Flag("app-probes", "JSON", "", "the application's probes, as a pod's fields"));

  public InterceptOptions {
    appProbes = Map.copyOf(appProbes);
  }

  static InterceptOptions parse(Flags flags) {
    boolean on = flags.second("intercept", "off", "on");
    boolean register = !flags.second("register", "on", "off");
    String pod = name(flags, "pod");
    String podAddress = address(flags.text("pod-address"));
    int probePort = flags.number("probe-port", 0, 65535);
    Map<String, ProbeSpec> probes = probes(flags.text("app-probes"));
    if (on && podAddress.isEmpty()) {
      throw new IllegalArgumentException(
          "--pod-address is missing: with --intercept on it must be told where this machine or pod"
              + " is reached");
    }
    if (!probes.isEmpty() && (podAddress.isEmpty() || probePort == 0)) {
      throw new IllegalArgumentException(
          "--app-probes is given without --pod-address and --probe-port");
    }
    if (!pod.isEmpty() && register) {
      throw new IllegalArgumentException(
          "--pod is given without --register off: Kubernetes says which pods there are");
    }
    if (on) {
      forbid(flags, "tls-cert");
      forbid(flags, "outbound-tls-cert");
      forbid(flags, "proxy-protocol-from");
    }
    return new InterceptOptions(
        on, register, pod, name(flags, "node-name"), podAddress, probePort, probes);
  }

  /** What a listener is bound to that redirected connections of either family reach. */
  static String everywhere() {
    return new File("/proc/net/if_inet6").exists() ? "::" : "0.0.0.0";
  }

  /** Where the probe port is bound. */
  public String probeBind() {
    return everywhere();
  }

  private static void forbid(Flags flags, String flag) {
    if (!flags.text(flag).isEmpty()) {
      throw new IllegalArgumentException(
          "--" + flag + " cannot be used with --intercept on: who listens there is many ports");
    }
  }

  private static Map<String, ProbeSpec> probes(String json) {
    if (json.isEmpty()) {
      return Map.of();
    }
    try {
      return ProbeSpec.parse(json);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("--app-probes: " + e.getMessage(), e);
    }
  }

  private static String address(String text) {
    if (text.isEmpty()) {
      return text;
    }
    try {
      return InetAddress.ofLiteral(text).getHostAddress();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "--pod-address is \"" + text + "\": expected an IP address, as in 10.244.0.7", e);
    }
  }

  private static String name(Flags flags, String flag) {
    String name = flags.text(flag);
    boolean good = name.length() <= MAX_NAME;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean inner = i > 0 && i < name.length() - 1;
      boolean alphanumeric = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      good &= alphanumeric || (inner && (c == '-' || c == '.'));
    }
    if (!good) {
      throw new IllegalArgumentException(
          "--"
              + flag
              + " is \""
              + name
              + "\": expected up to 253 of a-z, 0-9 and, within, - and .");
    }
    return name;
  }
}
