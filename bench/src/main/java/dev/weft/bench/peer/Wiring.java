package dev.weft.bench.peer;

import java.nio.file.Path;

/**
 * One way through a contender: what it accepts and what it speaks to the origin.
 *
 * @param mesh as a mesh runs it: access log to a file, request id, retries, outlier detection; else
 *     bare
 * @param grpc whether the requests are gRPC calls
 * @param folder for its files; holds the certificates of {@link Certificates}
 */
public record Wiring(
    Protocol in,
    Tls inTls,
    Protocol out,
    Tls outTls,
    boolean mesh,
    boolean grpc,
    int port,
    int originPort,
    Path folder) {
  boolean tcp() {
    return in == Protocol.TCP;
  }
}
