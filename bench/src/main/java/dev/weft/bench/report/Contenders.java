package dev.weft.bench.report;

/** Names of contenders that the report knows. */
public final class Contenders {
  public static final String WEFT = "weft";
  public static final String WEFT_BEFORE = "weft-before";
  public static final String HAPROXY = "haproxy";
  public static final String NGINX = "nginx";
  public static final String ENVOY = "envoy";
  public static final String ENVOY_MESH = "envoy-mesh";
  public static final String RELAY = "relay";

  private Contenders() {}
}
