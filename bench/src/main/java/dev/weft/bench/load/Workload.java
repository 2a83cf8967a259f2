package dev.weft.bench.load;

import java.util.List;

/** The request that every contender is given: a head of about 390 bytes for one of twenty hosts. */
public final class Workload {
  public static final String PATH = "/api/v1/items/4711?detail=full&lang=en";

  /** By name and value, in order, without the host. */
  static final List<List<String>> HEADERS =
      List.of(
          List.of("User-Agent", "bench/1.0 (a client with a name of usual length; x86_64; linux)"),
          List.of("Accept", "application/json, text/plain;q=0.9, */*;q=0.8"),
          List.of("Accept-Language", "en-GB,en;q=0.7,de;q=0.3"),
          List.of("Accept-Encoding", "identity"),
          List.of("Cache-Control", "no-cache"),
          List.of("X-Tenant", "tenant-0123456789abcdef"));

  private Workload() {}

  /** The request in HTTP/1.1. */
  static String http1(String host, String path) {
    var text = new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n");
    HEADERS.forEach(
        header -> text.append(header.get(0)).append(": ").append(header.get(1)).append("\r\n"));
    return text.append("\r\n").toString();
  }
}
