package dev.weft.bench;

/** The request that every contender is given: a head of about 390 bytes for one of twenty hosts. */
final class Workload {
  static final int HOSTS = 20;
  static final String PATH = "/api/v1/items/4711?detail=full&lang=en";
  static final String TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  private Workload() {}

  static String host(int i) {
    return "svc-" + i + ".bench";
  }

  /**
   * A wrk script that sends the workload, and prints its figures on one line that {@link Wrk}
   * reads.
   */
  static String wrkScript() {
    return """
        wrk.headers["Host"] = "%s"
        wrk.headers["User-Agent"] = "bench/1.0 (a client with a name of usual length; x86_64; linux)"
        wrk.headers["Accept"] = "application/json, text/plain;q=0.9, */*;q=0.8"
        wrk.headers["Accept-Language"] = "en-GB,en;q=0.7,de;q=0.3"
        wrk.headers["Accept-Encoding"] = "identity"
        wrk.headers["Cache-Control"] = "no-cache"
        wrk.headers["X-Tenant"] = "tenant-0123456789abcdef"
        done = function(summary, latency, requests)
          io.write(string.format("FIGURES %%d %%d %%d %%d %%d\\n", summary.requests, summary.duration,
            latency:percentile(50), latency:percentile(99),
            summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout))
        end
        """
        .formatted(host(7));
  }
}
