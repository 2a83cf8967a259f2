package dev.weft.sidecar.tls;

import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a sidecar knows its control plane, and is known by it.
 *
 * @param ca the authorities of the control plane's certificate, PEM
 * @param names of which its certificate must have one
 * @param token null: none is shown
 */
public record ControlPlaneFiles(Path ca, Set<String> names, @Nullable Path token) {
  public ControlPlaneFiles {
    names = Set.copyOf(names);
  }
}
