package dev.weft.controlplane.app;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the gRPC port is secured. Immutable.
 *
 * @param tls whose certificate is shown
 * @param files with {@link Tls#FILES}
 * @param directory where an authority of our own is kept, outside Kubernetes
 * @param names further names for a certificate of our own authority
 * @param authenticate whether callers have to prove to the cluster who they are
 * @param systemNamespace the control plane's own namespace in the cluster
 */
public record SecurityOptions(
    Tls tls,
    @Nullable Files files,
    Path directory,
    List<String> names,
    boolean authenticate,
    String systemNamespace) {
  static final String DEFAULT_SYSTEM_NAMESPACE = "weft-system";

  /** Plaintext, for everyone who reaches the port. */
  public static final SecurityOptions NONE =
      new SecurityOptions(Tls.OFF, null, Path.of("ca"), List.of(), false, DEFAULT_SYSTEM_NAMESPACE);

  public SecurityOptions {
    names = List.copyOf(names);
  }

  /** TLS by the authority of a cluster, and callers that have to prove who they are. */
  public static SecurityOptions ofCluster(String systemNamespace) {
    return new SecurityOptions(
        Tls.AUTHORITY, null, Path.of("ca"), List.of(), true, systemNamespace);
  }

  /** TLS by an authority of our own in that directory, for whoever calls. */
  public static SecurityOptions ofAuthority(Path directory) {
    return new SecurityOptions(
        Tls.AUTHORITY, null, directory, List.of(), false, DEFAULT_SYSTEM_NAMESPACE);
  }

  /** Whose certificate is shown. */
  public enum Tls {
    OFF,
    AUTHORITY,
    FILES
  }

  /**
   * A certificate of one's own.
   *
   * @param trusted who signed it; null: callers know
   */
  public record Files(Path certificate, Path key, @Nullable Path trusted) {}
}
