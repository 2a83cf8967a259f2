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

  /** On a cluster; "route" is from before it is applied until it is in force everywhere. */
  public static final String ROUTE_P50 = "route_in_force_p50_ms";

  public static final String ROUTE_P99 = "route_in_force_p99_ms";
  public static final String ROUTE_APPLIED = "of_which_api_server_p50_ms";
  public static final String ROUTE_ERRORS = "failed_calls_meanwhile";
  public static final String POD_PLAIN = "pod_ready_plain_p50_ms";
  public static final String POD_INJECTED = "pod_ready_injected_p50_ms";
  public static final String POD_IDLE = "pod_ready_two_idle_containers_p50_ms";
  public static final String POD_DELAY = "pod_ready_delayed_by_ms";
  public static final String POD_OWN = "of_which_not_the_kubelets_ms";
  public static final String IMAGE_CONTROL_PLANE = "image_control_plane_mb";
  public static final String IMAGE_SIDECAR = "image_sidecar_mb";
  public static final String SIDECAR_IDLE = "sidecar_rss_mb_idle";
  public static final String SIDECAR_LOAD = "sidecar_rss_mb_load";
  public static final String CONTROL_PLANE_RSS = "control_plane_rss_mb";
  public static final String LOAD_RATE = "load_requests_per_second";
  public static final String WEBHOOK_P50 = "webhook_p50_ms";
  public static final String WEBHOOK_P99 = "webhook_p99_ms";
  public static final String WEBHOOK_P50_TEN = "webhook_p50_ms_ten_at_a_time";
  public static final String WEBHOOK_P99_TEN = "webhook_p99_ms_ten_at_a_time";

  private Measures() {}
}
