package dev.weft.bench.report;

/** Names of measures, as they stand in the JSON. */
public final class Measures {
  public static final String CPU = "cpu_us_per_request";
  public static final String CPU_HANDSHAKE = "cpu_us_per_handshake";
  public static final String RATE = "requests_per_second";
  public static final String P50 = "p50_us";
  public static final String P99 = "p99_us";
  public static final String P50_OWN = "p50_us_at_70_percent";
  public static final String P99_OWN = "p99_us_at_70_percent";
  public static final String P50_ENVOY = "p50_us_at_envoys_70_percent";
  public static final String P99_ENVOY = "p99_us_at_envoys_70_percent";
  public static final String RSS_IDLE = "rss_mb_idle";
  public static final String RSS_LOAD = "rss_mb_load";
  public static final String START = "start_ms";
  public static final String ALLOCATED = "allocated_bytes_per_request";
  public static final String BYTES_PER_CONNECTION = "bytes_per_idle_connection";
  public static final String BYTES_PER_CPU = "mb_per_cpu_second";
  public static final String ERRORS = "errors";

  private Measures() {}
}
