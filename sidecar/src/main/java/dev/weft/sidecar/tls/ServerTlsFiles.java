package dev.weft.sidecar.tls;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a listener's certificate is, and what its callers must show.
 *
 * @param clientCa the authorities of callers' certificates; null: callers are not asked for one
 * @param requireClient whether a caller without a certificate is refused
 */
public record ServerTlsFiles(
    Path certificate, Path key, @Nullable Path clientCa, boolean requireClient) {
  List<Path> all() {
    var files = new ArrayList<>(List.of(certificate, key));
    if (clientCa != null) {
      files.add(clientCa);
    }
    return files;
  }
}
