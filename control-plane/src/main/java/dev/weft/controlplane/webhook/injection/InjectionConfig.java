package dev.weft.controlplane.webhook.injection;

import java.util.List;

/**
 * What is injected, and what admission does: the document of the ConfigMap {@code weft-injector}.
 * Immutable.
 *
 * @param image of the sidecar and of the init step
 * @param controlPlane where sidecars find it, HOST:PORT
 * @param controlPlaneName what its certificate must be for
 * @param resources what a sidecar asks for and gets, unless its pod says otherwise
 * @param exclusions what is not intercepted in any pod
 * @param accessLog whether sidecars write a line per request to standard output
 * @param drainSeconds for requests under way when a pod ends
 * @param tokenSeconds how long a sidecar's token is good; the kubelet renews it
 * @param dns whether sidecars answer DNS for names of the mesh
 * @param scrape whether pods without annotations of their own ask Prometheus to scrape the sidecar
 */
public record InjectionConfig(
    String image,
    String imagePullPolicy,
    String controlPlane,
    String controlPlaneName,
    NativeSidecars nativeSidecars,
    Resources resources,
    Exclusions exclusions,
    String logLevel,
    boolean accessLog,
    int drainSeconds,
    int tokenSeconds,
    boolean dns,
    boolean scrape,
    Validation validation) {
  /** Levels as {@code weft sidecar --log-level} has them. */
  static final List<String> LOG_LEVELS = List.of("trace", "debug", "info", "warning", "error");

  private static final String SERVICE = "weft-control-plane.weft-system.svc";

  /** Whether sidecars are init containers that go on running (Kubernetes 1.29 and newer). */
  public enum NativeSidecars {
    /** Where the cluster has them. */
    AUTO,
    ON,
    OFF
  }

  /** What becomes of a policy that {@code weft apply} would refuse. */
  public enum Validation {
    DENY,
    /** It is let in, with warnings. */
    WARN,
    /** It is not looked at. */
    OFF
  }

  /**
   * Amounts as Kubernetes writes them; empty: none.
   *
   * @param cpu requested, and so on
   */
  public record Resources(String cpu, String cpuLimit, String memory, String memoryLimit) {}

  /**
   * What goes past the sidecar.
   *
   * @param inboundPorts ports and ranges, as in 9000-9010
   * @param outboundCidrs blocks of addresses
   * @param uids users whose connections are not intercepted
   */
  public record Exclusions(
      List<String> inboundPorts,
      List<String> outboundPorts,
      List<String> outboundCidrs,
      List<String> uids) {
    public static final Exclusions NONE =
        new Exclusions(List.of(), List.of(), List.of(), List.of());

    public Exclusions {
      inboundPorts = List.copyOf(inboundPorts);
      outboundPorts = List.copyOf(outboundPorts);
      outboundCidrs = List.copyOf(outboundCidrs);
      uids = List.copyOf(uids);
    }
  }

  /** Everything by default, with this image. */
  public static InjectionConfig standard(String image) {
    return new InjectionConfig(
        image,
        "IfNotPresent",
        SERVICE + ":7700",
        SERVICE,
        NativeSidecars.AUTO,
        // The launcher gives heap and direct memory half each of what is left beside 56 MiB of the
        // JVM's own; from 184 MiB
        // on it has what its flags ask for.
        new Resources("10m", "", "96Mi", "192Mi"),
        Exclusions.NONE,
        "info",
        false,
        15,
        3600,
        false,
        true,
        Validation.DENY);
  }

  /** This configuration with another image. */
  public InjectionConfig withImage(String other) {
    return new InjectionConfig(
        other,
        imagePullPolicy,
        controlPlane,
        controlPlaneName,
        nativeSidecars,
        resources,
        exclusions,
        logLevel,
        accessLog,
        drainSeconds,
        tokenSeconds,
        dns,
        scrape,
        validation);
  }

  /** Whether sidecars are native, in a cluster that has that or not. */
  public boolean nativeIn(boolean clusterHasThem) {
    return switch (nativeSidecars) {
      case AUTO -> clusterHasThem;
      case ON -> true;
      case OFF -> false;
    };
  }
}
