package dev.weft.sidecar.tls;

import java.nio.file.Path;
import java.util.List;

/** Where the certificate is that the sidecar shows to upstreams that ask for one. */
public record ClientTlsFiles(Path certificate, Path key) {
  List<Path> all() {
    return List.of(certificate, key);
  }
}
