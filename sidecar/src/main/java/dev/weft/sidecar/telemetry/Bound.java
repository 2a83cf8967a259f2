package dev.weft.sidecar.telemetry;

import java.util.Locale;

/**
 * Every bound of the sidecar: each buffer, queue, table and wait has one, with its default and what
 * happens at it. Code that holds a bound takes the number from here and counts here when it is
 * reached; {@code /metrics} and {@code /limits} show every one, and a test holds this table and
 * {@code docs/guides/limits.md} together.
 *
 * <p>Read by any thread. Sizes are in bytes, times in nanoseconds.
 */
public enum Bound {
  // Connections of callers.
  CONNECTIONS(Scope.WORKER, Unit.COUNT, 0, "--max-connections", "503 UO, closed; HTTP/2 GOAWAY"),
  REFUSALS(Scope.WORKER, Unit.COUNT, 64, "", "closed without an answer"),
  CONNECTION_AGE(Scope.WORKER, Unit.TIME, 0, "--max-connection-age", "the caller connects anew"),
  REQUESTS(Scope.WORKER, Unit.COUNT, 0, "--max-requests", "503 UO"),
  ACCEPT_BACKLOG(Scope.KERNEL, Unit.COUNT, 1024, "", "the kernel drops the handshake"),
  ACCEPT_PAUSE(Scope.WORKER, Unit.TIME, ms(100), "", "accepting waits after it failed"),
  KEEP_ALIVE_IDLE(Scope.WORKER, Unit.TIME, seconds(300), "", "closed"),
  CALLER_PROBED(Scope.KERNEL, Unit.TIME, seconds(13), "", "closed"),
  CALLER_UNACKED(Scope.WORKER, Unit.TIME, seconds(10), "", "closed"),
  FIRST_BYTES(Scope.QUIET, Unit.BYTES, kib(16), "", "served as what it seems to be"),
  PROXY_HEADER(Scope.QUIET, Unit.BYTES, kib(4), "", "closed"),
  SILENCE(Scope.WORKER, Unit.TIME, ms(100), "", "the application is dialled as if for TCP"),
  LINGER(Scope.WORKER, Unit.TIME, seconds(1), "", "closed"),

  // TLS.
  TLS_HANDSHAKES(Scope.WORKER, Unit.COUNT, 512, "", "closed"),
  TLS_HANDSHAKE_TIME(Scope.WORKER, Unit.TIME, seconds(10), "", "closed"),
  TLS_TICKET_KEY(Scope.QUIET, Unit.TIME, seconds(12 * 3600), "", "a new key; the last still opens"),
  TLS_SESSIONS(Scope.QUIET, Unit.COUNT, 1024, "", "the oldest is forgotten"),
  TLS_VERIFIED(Scope.QUIET, Unit.COUNT, 512, "", "the least used is forgotten"),
  TLS_CLIENT_CERT(Scope.QUIET, Unit.BYTES, kib(4), "", "only its hash is passed on"),
  TLS_FILE(Scope.QUIET, Unit.BYTES, mib(4), "", "the file is refused, and said so"),

  // Messages of HTTP/1.1.
  REQUEST_LINE(Scope.WORKER, Unit.BYTES, kib(8), "", "414 DPE, closed"),
  HEAD_BYTES(
      Scope.WORKER,
      Unit.BYTES,
      kib(64),
      "--max-head-bytes",
      "431 DPE, closed; from upstream 502 UPE"),
  HEAD_LINES(Scope.WORKER, Unit.COUNT, 128, "", "431 DPE, closed; from upstream 502 UPE"),
  EMPTY_LINES(Scope.WORKER, Unit.BYTES, 16, "", "400 DPE, closed"),
  HEAD_TIME(Scope.WORKER, Unit.TIME, seconds(10), "", "408 DPE, closed"),
  REQUEST_BODY_IDLE(Scope.WORKER, Unit.TIME, seconds(300), "", "408 DPE, closed"),
  RESPONSE_STALLED(Scope.WORKER, Unit.TIME, seconds(300), "", "closed"),
  TUNNEL_IDLE(Scope.WORKER, Unit.TIME, seconds(3600), "timeouts.streamIdle", "cut off"),
  TCP_IDLE(Scope.WORKER, Unit.TIME, seconds(3600), "timeouts.tcpIdle", "cut off"),
  CHUNK_EXTENSIONS(Scope.WORKER, Unit.BYTES, kib(4), "", "400 DPE, closed; from upstream 502 UPE"),
  CHUNK_SIZE_DIGITS(Scope.WORKER, Unit.COUNT, 15, "", "400 DPE, closed; from upstream 502 UPE"),
  ROUNDS(Scope.WORKER, Unit.COUNT, 50, "--via", "508 LD"),

  // Connections of HTTP/2: windows and the like, and what a peer may have too much of.
  H2_STREAMS(Scope.WORKER, Unit.COUNT, 256, "", "the stream is refused, unread"),
  H2_HEAD_BYTES(
      Scope.WORKER, Unit.BYTES, kib(64), "--max-head-bytes", "431 DPE; from upstream 502 UPE"),
  H2_STREAM_WINDOW(Scope.QUIET, Unit.BYTES, kib(128), "", "the peer waits"),
  H2_CONNECTION_WINDOW(Scope.QUIET, Unit.BYTES, kib(512), "", "the peer waits"),
  H2_UPSTREAM_WINDOW(Scope.QUIET, Unit.BYTES, mib(2), "", "further connections from its half on"),
  H2_STREAM_QUEUE(
      Scope.QUIET, Unit.BYTES, kib(64), "", "the sender's reads stop until half is sent"),
  H2_QUEUE(Scope.QUIET, Unit.BYTES, kib(512), "", "as for a stream, for all that have any queued"),
  H2_LEAVE_TIME(Scope.QUIET, Unit.TIME, seconds(5), "", "the last GOAWAY is sent all the same"),
  H2_FRAME(Scope.QUIET, Unit.BYTES, kib(16), "", "FRAME_SIZE_ERROR, the connection ends"),
  H2_KEPT_STREAMS(Scope.QUIET, Unit.COUNT, 1024, "", "what is beyond is made anew"),
  H2_KEPT_CALLS(Scope.QUIET, Unit.COUNT, 1024, "", "what is beyond is made anew"),
  H2_KEPT_HEAD(Scope.QUIET, Unit.BYTES, kib(8), "", "what is beyond is made anew"),
  H2_KEPT_RESETS(Scope.QUIET, Unit.COUNT, 256, "", "the oldest is forgotten"),
  H2_RESETS(Scope.WORKER, Unit.COUNT, 200, "", "ENHANCE_YOUR_CALM; 50/s come back"),
  H2_LARGE_HEADS(Scope.WORKER, Unit.COUNT, 200, "", "ENHANCE_YOUR_CALM; 50/s come back"),
  H2_CONTINUATIONS(Scope.WORKER, Unit.COUNT, 16, "", "ENHANCE_YOUR_CALM"),
  H2_SETTINGS(Scope.WORKER, Unit.COUNT, 200, "", "ENHANCE_YOUR_CALM; 50/s come back"),
  H2_PINGS(Scope.WORKER, Unit.COUNT, 200, "", "ENHANCE_YOUR_CALM; 50/s come back"),
  H2_PRIORITIES(Scope.WORKER, Unit.COUNT, 200, "", "ENHANCE_YOUR_CALM; 50/s come back"),
  H2_EMPTY_DATA(Scope.WORKER, Unit.COUNT, 200, "", "ENHANCE_YOUR_CALM; 50/s come back"),
  H2_WINDOW_UPDATES(Scope.WORKER, Unit.COUNT, 200, "", "ENHANCE_YOUR_CALM; 50/s come back"),
  H2_TINY_WINDOWS(Scope.WORKER, Unit.COUNT, 200, "", "ENHANCE_YOUR_CALM; 50/s come back"),

  // Buffers.
  RECEIVE_BUFFER(Scope.QUIET, Unit.BYTES, kib(64), "", "the next read takes the rest"),
  SEND_BUFFER(Scope.QUIET, Unit.BYTES, kib(64), "", "the sender's reads stop until half is sent"),
  BUFFER_PRESSURE(Scope.QUIET, Unit.PERCENT, 50, "", "4 KiB a read, 8 KiB queued a connection"),
  INLINE_BODY(Scope.QUIET, Unit.BYTES, kib(8), "", "sent as a buffer of its own, not copied"),
  REPLAY_BODY(Scope.WORKER, Unit.BYTES, kib(64), "", "passed on, but not sent again"),
  REPLAY_PIECES(Scope.WORKER, Unit.COUNT, 64, "", "passed on, but not sent again"),

  // What the application's calls need of the mesh.
  CONFIG_WAITERS(Scope.WORKER, Unit.COUNT, 1024, "", "503 OM"),
  CONFIG_WAIT(Scope.WORKER, Unit.TIME, seconds(2), "", "503 NC"),
  HOSTS(Scope.PROCESS, Unit.COUNT, 1000, "--max-hosts", "the least used falls out, else 503 OM"),
  HOST_IDLE(Scope.PROCESS, Unit.TIME, seconds(600), "", "the host is given up until asked for"),
  HOST_KEPT(Scope.QUIET, Unit.TIME, seconds(30), "", "it may make room for another"),
  AUTHORITY(Scope.QUIET, Unit.BYTES, 261, "", "404 NR"),
  DESTINATIONS(Scope.QUIET, Unit.COUNT, 256, "", "connections to the least used are not kept"),
  PASSTHROUGH_CONNECT_TIME(Scope.QUIET, Unit.TIME, seconds(30), "", "the caller is cut off"),

  // DNS, where it is on.
  DNS_QUERIES(Scope.PROCESS, Unit.COUNT, 1024, "", "SERVFAIL; by TCP closed"),
  DNS_QUERY_BYTES(Scope.PROCESS, Unit.BYTES, 1 << 20, "", "SERVFAIL; by TCP closed"),
  DNS_CONNECTIONS(Scope.PROCESS, Unit.COUNT, 64, "", "closed"),
  DNS_MESSAGE(Scope.QUIET, Unit.BYTES, 65_535, "", "there is no longer one"),
  DNS_WAIT(Scope.PROCESS, Unit.TIME, ms(50), "", "passed on to the name server"),
  DNS_TIME(Scope.PROCESS, Unit.TIME, seconds(10), "", "forgotten: who asked asks again"),
  DNS_IDLE(Scope.QUIET, Unit.TIME, seconds(30), "", "closed"),

  // Upstream.
  CLUSTER_CONNECTIONS(
      Scope.WORKER, Unit.COUNT, 1024, "connectionLimits.maxConnections", "waits for one"),
  CLUSTER_PENDING(Scope.WORKER, Unit.COUNT, 1024, "connectionLimits.maxPendingRequests", "503 UO"),
  CLUSTER_REQUESTS(Scope.WORKER, Unit.COUNT, 0, "connectionLimits.maxRequests", "503 UO"),
  CONNECT_TIME(
      Scope.WORKER, Unit.TIME, seconds(1), "connectionLimits.connectTimeout", "retried, 503 UF"),
  APP_CONNECTIONS(Scope.WORKER, Unit.COUNT, 4096, "", "waits for one"),
  APP_PENDING(Scope.WORKER, Unit.COUNT, 4096, "", "503 UO"),
  APP_REQUESTS(Scope.WORKER, Unit.COUNT, 0, "connectionLimits.maxRequests", "503 UO"),
  APP_CONNECT_TIME(Scope.WORKER, Unit.TIME, seconds(1), "", "503 UF"),
  UPSTREAM_IDLE(Scope.WORKER, Unit.TIME, seconds(30), "", "closed"),
  UPSTREAM_APP_IDLE(Scope.WORKER, Unit.TIME, seconds(4), "", "closed"),
  UPSTREAM_STREAMS(Scope.QUIET, Unit.COUNT, 256, "", "a further connection is made"),
  UPSTREAM_ASSUMED_STREAMS(Scope.QUIET, Unit.COUNT, 100, "", "a further connection is made"),
  UPSTREAM_SILENCE(Scope.QUIET, Unit.TIME, seconds(7), "", "the peer is asked by a PING"),
  UPSTREAM_APP_SILENCE(Scope.QUIET, Unit.TIME, seconds(310), "", "the peer is asked by a PING"),
  UPSTREAM_PONG(Scope.WORKER, Unit.TIME, seconds(5), "", "closed, retried, 503 UC"),
  UPSTREAM_APP_PONG(Scope.WORKER, Unit.TIME, seconds(20), "", "closed, retried, 503 UC"),
  UPSTREAM_PROBED(Scope.KERNEL, Unit.TIME, seconds(13), "", "closed, retried, 503 UC"),
  UPSTREAM_UNACKED(Scope.WORKER, Unit.TIME, seconds(10), "", "closed, retried, 503 UC"),
  UPSTREAM_PROOF(Scope.WORKER, Unit.TIME, seconds(5), "", "taken for HTTP/2"),
  REQUEST_TIME(Scope.WORKER, Unit.TIME, 0, "timeouts.request", "504 UT"),
  ATTEMPT_TIME(Scope.WORKER, Unit.TIME, 0, "timeouts.perTry", "retried, 504 UT"),
  STREAM_IDLE(
      Scope.WORKER, Unit.TIME, seconds(300), "timeouts.streamIdle", "504 or 408 SI, or cut off"),
  RETRIES(Scope.WORKER, Unit.COUNT, 2, "retry.attempts", "the last answer, with URX"),
  RETRY_BUDGET(Scope.WORKER, Unit.PERCENT, 20, "retry.budgetPercent", "not retried"),
  RETRY_PUSHBACK(Scope.WORKER, Unit.TIME, seconds(10), "", "not retried"),
  RETRIES_SAVED(Scope.QUIET, Unit.COUNT, 1000, "", "no more are saved up"),
  MIRRORS(Scope.WORKER, Unit.COUNT, 1024, "", "the request is not mirrored"),
  MIRROR_BUFFER(Scope.WORKER, Unit.BYTES, kib(256), "", "the copy is cut off"),
  MIRROR_TIME(Scope.WORKER, Unit.TIME, seconds(30), "", "the copy is given up"),

  // Memory and telemetry.
  HEAP(Scope.PROCESS, Unit.BYTES, 0, "-Xmx", "the process ends"),
  DIRECT_MEMORY(Scope.PROCESS, Unit.BYTES, 0, "-XX:MaxDirectMemorySize", "see memory-shed"),
  MEMORY_SHED(Scope.WORKER, Unit.PERCENT, 85, "", "503 UO, for connections and requests"),
  ACCESS_LOG_RING(Scope.PROCESS, Unit.COUNT, 2048, "", "the line is dropped"),
  ACCESS_LOG_WRITE(Scope.QUIET, Unit.BYTES, kib(64), "", "written out"),
  ACCESS_LOG_TEXT(Scope.QUIET, Unit.BYTES, kib(1), "", "the field is cut"),
  REQUEST_SERIES(Scope.PROCESS, Unit.COUNT, 4096, "", "counted under cluster -"),

  // The control loop.
  CHECK_RESPONSE(Scope.QUIET, Unit.BYTES, kib(4), "", "the check has failed"),
  PROBE_PATIENCE(Scope.QUIET, Unit.TIME, seconds(5), "", "another request probes"),
  CHECKS_RUNNING(Scope.PROCESS, Unit.COUNT, 64, "", "the check waits its turn"),
  CHECK_TIME(Scope.PROCESS, Unit.TIME, seconds(1), "healthCheck.timeout", "the check has failed"),
  PROBE_TIME(Scope.PROCESS, Unit.TIME, seconds(1), "", "the probe has failed"),
  APP_PROBES(Scope.PROCESS, Unit.COUNT, 16, "", "503 of the probe port"),
  APP_PROBE_TIME(Scope.PROCESS, Unit.TIME, seconds(1), "--app-probes", "504 of the probe port"),
  APP_PROBE_HEAD(Scope.QUIET, Unit.BYTES, kib(16), "", "503 of the probe port"),
  APP_PROBE_REDIRECTS(Scope.QUIET, Unit.COUNT, 10, "", "503 of the probe port"),
  CONTROL_CONNECT_TIME(Scope.PROCESS, Unit.TIME, seconds(3), "", "the next control plane"),
  CONTROL_OPEN_TIME(Scope.PROCESS, Unit.TIME, seconds(10), "", "the next control plane"),
  CONTROL_SILENCE(Scope.PROCESS, Unit.TIME, seconds(14), "", "the next control plane"),
  CONTROL_MOVE_TIME(Scope.PROCESS, Unit.TIME, seconds(30), "", "it stays where it is"),
  CONTROL_RESPONSE(Scope.PROCESS, Unit.BYTES, mib(16), "", "the stream is broken, the next one"),
  TOKEN_FILE(Scope.QUIET, Unit.BYTES, kib(64), "", "the call fails, and says so"),
  REGISTER_TIME(Scope.PROCESS, Unit.TIME, seconds(5), "", "tried again"),
  LEAVE_TIME(Scope.PROCESS, Unit.TIME, seconds(5), "", "the leave goes on without an answer"),
  DRAIN_TIME(Scope.PROCESS, Unit.TIME, seconds(10), "--drain-seconds", "requests are cut off"),
  DRAIN_QUIET(Scope.QUIET, Unit.TIME, ms(500), "", "the listener is closed"),
  LAST_GOOD_FILE(Scope.QUIET, Unit.BYTES, mib(64), "", "the file is ignored, and said so"),
  ADMIN_CONNECTIONS(Scope.PROCESS, Unit.COUNT, 64, "", "closed"),
  ADMIN_REQUEST(Scope.PROCESS, Unit.BYTES, kib(16), "", "413 or 431 of the admin server"),
  ADMIN_TIME(Scope.PROCESS, Unit.TIME, seconds(10), "", "closed"),

  // The application's configuration, where it is given by the sidecar.
  CONFIG_CONNECTIONS(Scope.PROCESS, Unit.COUNT, 64, "", "closed"),
  CONFIG_WATCHES(Scope.PROCESS, Unit.COUNT, 32, "", "503 of the configuration port"),
  CONFIG_REQUEST(Scope.PROCESS, Unit.BYTES, kib(8), "", "431 of the configuration port"),
  CONFIG_IDLE(Scope.PROCESS, Unit.TIME, seconds(60), "", "closed"),
  CONFIG_HEARTBEAT(Scope.QUIET, Unit.TIME, seconds(15), "", "a comment is sent"),
  CONFIG_STALLED(Scope.PROCESS, Unit.TIME, seconds(60), "", "closed"),
  CONFIG_FILES_RETRY(Scope.QUIET, Unit.TIME, seconds(5), "", "written again"),
  CONFIG_FILES_LIST(Scope.QUIET, Unit.BYTES, mib(1), "", "no file there counts as the sidecar's");

  static final int COUNT = values().length;

  private final Scope scope;
  private final Unit unit;
  private final long value;
  private final String option;
  private final String answer;
  private final String label = name().toLowerCase(Locale.ROOT).replace('_', '-');

  Bound(Scope scope, Unit unit, long value, String option, String answer) {
    this.scope = scope;
    this.unit = unit;
    this.value = value;
    this.option = option;
    this.answer = answer;
  }

  /** The name in metrics, on the admin page and in the guide, e.g. {@code head-bytes}. */
  public String label() {
    return label;
  }

  /** The default; 0: none, or derived from what the process is given. */
  public long value() {
    return value;
  }

  /**
   * The default as an int.
   *
   * @throws ArithmeticException when it is none
   */
  public int intValue() {
    return Math.toIntExact(value);
  }

  /** A time's default in whole milliseconds. */
  public long millis() {
    return value / 1_000_000;
  }

  /** The flag or the field of a TrafficPolicy that sets it; empty: it is fixed. */
  public String option() {
    return option;
  }

  /** What happens when it is reached, in a few words. */
  public String answer() {
    return answer;
  }

  /** A value of this bound, for people: {@code 64 KiB}, {@code 10 s}; {@code none} for 0. */
  public String text(long amount) {
    return amount == 0 ? "none" : unit.text(amount);
  }

  Scope scope() {
    return scope;
  }

  /** Who reaches it. */
  enum Scope {
    /** A worker, for one direction. */
    WORKER,
    /** The process. */
    PROCESS,
    /** Nobody counts it: reaching it is part of normal work and harms nobody. */
    QUIET,
    /** The kernel, whose own counters tell. */
    KERNEL
  }

  /** What a bound is counted in. */
  enum Unit {
    COUNT {
      @Override
      String text(long amount) {
        return Long.toString(amount);
      }
    },
    PERCENT {
      @Override
      String text(long amount) {
        return amount + "%";
      }
    },
    BYTES {
      @Override
      String text(long amount) {
        if (amount % (1 << 20) == 0) {
          return (amount >> 20) + " MiB";
        }
        return amount % 1024 == 0 ? (amount >> 10) + " KiB" : amount + " B";
      }
    },
    TIME {
      @Override
      String text(long amount) {
        return amount % 1_000_000_000 == 0
            ? amount / 1_000_000_000 + " s"
            : amount / 1_000_000 + " ms";
      }
    };

    abstract String text(long amount);
  }

  private static long seconds(int count) {
    return count * 1_000_000_000L;
  }

  private static long ms(int count) {
    return count * 1_000_000L;
  }

  private static long kib(int count) {
    return count * 1024L;
  }

  private static long mib(int count) {
    return count * 1024L * 1024;
  }
}
