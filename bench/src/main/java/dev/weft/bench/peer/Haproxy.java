package dev.weft.bench.peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** HAProxy, one thread, configured for one wiring. It is always bare: the reference. */
public final class Haproxy {
  /** It counts two descriptors for each, and the usual limit is 20,000. */
  public static final int MAX_CONNECTIONS = 9950;

  private Haproxy() {}

  public static Contender contender(String program, Wiring wiring) throws IOException {
    Path file =
        Files.writeString(
            wiring.folder().resolve("haproxy-" + wiring.port() + ".cfg"), config(wiring));
    return new Contender(
        "haproxy", wiring.port(), List.of(program, "-db", "-f", file.toString()), Map.of());
  }

  private static String config(Wiring wiring) {
    var config = new StringBuilder();
    config.append(
        """
        global
          nbthread 1
          maxconn %d
        defaults
          mode %s
          timeout connect 5s
          timeout client 600s
          timeout server 600s
        """
            .formatted(MAX_CONNECTIONS, wiring.tcp() ? "tcp" : "http"));
    if (!wiring.tcp()) {
      config.append("  option forwardfor\n  http-reuse always\n");
    }
    config.append("frontend in\n  bind 127.0.0.1:").append(wiring.port());
    Path folder = wiring.folder();
    if (wiring.inTls() != Tls.NONE) {
      config.append(" ssl crt ").append(folder.resolve("both.pem")).append(" ssl-min-ver TLSv1.3");
      config.append(" alpn http/1.1");
    }
    if (wiring.inTls() == Tls.MUTUAL) {
      config.append(" verify required ca-file ").append(folder.resolve("ca.pem"));
    }
    if (wiring.in() == Protocol.HTTP2) {
      config.append(" proto h2");
    }
    config.append('\n');
    if (wiring.tcp()) {
      return config.append("  default_backend b0\n").append(backend(0, wiring)).toString();
    }
    config.append("  http-request set-header traceparent ").append(Peers.TRACEPARENT).append('\n');
    for (int i = 0; i < Peers.HOSTS; i++) {
      config.append(
          "  use_backend b%d if { hdr(host) %s } { path_beg /api }\n".formatted(i, Peers.host(i)));
    }
    for (int i = 0; i < Peers.HOSTS; i++) {
      config.append(backend(i, wiring));
    }
    return config.toString();
  }

  private static String backend(int i, Wiring wiring) {
    String server = "backend b%d\n  server o 127.0.0.1:%d".formatted(i, wiring.originPort());
    if (wiring.outTls() == Tls.MUTUAL) {
      server +=
          " ssl verify required ca-file %s crt %s sni str(localhost)"
              .formatted(wiring.folder().resolve("ca.pem"), wiring.folder().resolve("both.pem"));
    }
    return server + (wiring.out() == Protocol.HTTP2 ? " proto h2\n" : "\n");
  }
}
