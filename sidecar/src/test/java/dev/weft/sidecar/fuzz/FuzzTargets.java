package dev.weft.sidecar.fuzz;

import dev.weft.sidecar.codec.PathFuzz;
import dev.weft.sidecar.codec.http1.RequestFuzz;
import dev.weft.sidecar.codec.http1.ResponseFuzz;
import dev.weft.sidecar.codec.http2.Http2Fuzz;
import dev.weft.sidecar.dns.DnsFuzz;
import dev.weft.sidecar.filter.Base64Fuzz;
import dev.weft.sidecar.filter.GrpcWebFuzz;
import dev.weft.sidecar.listener.DetectionFuzz;
import dev.weft.sidecar.proxyprotocol.ProxyHeaderFuzz;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** What is fuzzed: a name, which is also that of the folder with its seeds, and the target. */
enum FuzzTargets {
  REQUESTS(RequestFuzz.class),
  RESPONSES(ResponseFuzz.class),
  PATHS(PathFuzz.class),
  DETECTION(DetectionFuzz.class),
  HTTP2(Http2Fuzz.class),
  BASE64(Base64Fuzz.class),
  GRPCWEB(GrpcWebFuzz.class),
  PROXY(ProxyHeaderFuzz.class),
  DNS(DnsFuzz.class);

  private final Class<?> type;

  FuzzTargets(Class<?> type) {
    this.type = type;
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  Class<?> type() {
    return type;
  }

  void run(byte[] input) {
    switch (this) {
      case REQUESTS -> RequestFuzz.fuzzerTestOneInput(input);
      case RESPONSES -> ResponseFuzz.fuzzerTestOneInput(input);
      case PATHS -> PathFuzz.fuzzerTestOneInput(input);
      case DETECTION -> DetectionFuzz.fuzzerTestOneInput(input);
      case HTTP2 -> Http2Fuzz.fuzzerTestOneInput(input);
      case BASE64 -> Base64Fuzz.fuzzerTestOneInput(input);
      case GRPCWEB -> GrpcWebFuzz.fuzzerTestOneInput(input);
      case PROXY -> ProxyHeaderFuzz.fuzzerTestOneInput(input);
      case DNS -> DnsFuzz.fuzzerTestOneInput(input);
    }
  }

  /** Where its seeds are, in a module's folder. */
  Path seeds(Path module) {
    return module.resolve(Path.of("src", "test", "fuzz", label()));
  }

  List<byte[]> readSeeds(Path module) throws IOException {
    var all = new ArrayList<byte[]>();
    try (Stream<Path> files = Files.list(seeds(module))) {
      for (Path file : files.sorted().toList()) {
        all.add(Files.readAllBytes(file));
      }
    }
    return all;
  }
}
