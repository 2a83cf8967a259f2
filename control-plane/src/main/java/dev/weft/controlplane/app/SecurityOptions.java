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
 */
public record SecurityOptions(Tls tls, @Nullable Files files, Path directory, List<String> names) {
  /** Plaintext, for everyone who reaches the port. */
  public static final SecurityOptions NONE =
      new SecurityOptions(Tls.OFF, null, Path.of("ca"), List.of());

  public SecurityOptions {
    names = List.copyOf(names);
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
