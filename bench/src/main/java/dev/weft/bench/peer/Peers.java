package dev.weft.bench.peer;

/**
 * What every contender has in common: it routes on twenty hosts and a path prefix, and adds {@code
 * x-forwarded-for} (or a request id) and {@code traceparent} to what it forwards.
 */
public final class Peers {
  public static final int HOSTS = 20;
  static final String TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  private Peers() {}

  /** The name of a service whose origin speaks HTTP/1.1. */
  public static String host(int i) {
    return "svc-" + i + ".bench";
  }
}
