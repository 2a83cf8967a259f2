package dev.weft.sidecar.app;

import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.ConfigSnapshot;
import dev.weft.common.config.UpstreamTlsConfig;
import dev.weft.sidecar.app.options.TlsOptions;
import dev.weft.sidecar.listener.ConnectionStack;
import dev.weft.sidecar.proxy.Worker;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.Telemetry;
import dev.weft.sidecar.tls.ClientContexts;
import dev.weft.sidecar.tls.ClientTlsFiles;
import dev.weft.sidecar.tls.ControlPlaneFiles;
import dev.weft.sidecar.tls.ControlPlaneTls;
import dev.weft.sidecar.tls.Handshakes;
import dev.weft.sidecar.tls.ServerTls;
import dev.weft.sidecar.tls.ServerTlsFiles;
import dev.weft.sidecar.tls.TlsAcceptor;
import dev.weft.sidecar.tls.certificate.FileWatch;
import dev.weft.sidecar.tls.certificate.TlsFileException;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The sidecar's TLS: what its options name, watched for changes. Without such options it is nearly
 * nothing, and loads nothing. Made by the starting thread.
 */
final class SidecarTls implements AutoCloseable {
  private static final List<String> PROTOCOLS = List.of(TlsAcceptor.HTTP2, TlsAcceptor.HTTP1);
  private static final List<String> HTTP1_ONLY = List.of(TlsAcceptor.HTTP1);

  private final boolean plaintext;
  private final @Nullable FileWatch watch;
  private final @Nullable ServerTls inbound;
  private final @Nullable ServerTls outbound;
  private final ClientContexts clients;
  private final @Nullable ControlPlaneTls controlPlane;

  private SidecarTls(TlsOptions options, boolean http2, LongSupplier nanoClock)
      throws TlsFileException {
    InstantSource clock = InstantSource.system();
    List<String> alpn = http2 ? PROTOCOLS : HTTP1_ONLY;
    FileWatch files = options.isNone() ? null : new FileWatch();
    plaintext = options.plaintext();
    watch = files;
    inbound = open("inbound", options.inbound(), alpn, files, clock, nanoClock);
    outbound = open("outbound", options.outbound(), alpn, files, clock, nanoClock);
    ClientTlsFiles own = options.client();
    clients =
        own == null || files == null
            ? new ClientContexts(clock)
            : new ClientContexts(own, files, clock);
    ControlPlaneFiles known = options.controlPlane();
    controlPlane = known == null || files == null ? null : new ControlPlaneTls(known, files, clock);
  }

  /**
   * Loads what the options name.
   *
   * @param http2 whether HTTP/2 is offered to callers
   * @throws IOException one line: which file is wrong, and how
   */
  static SidecarTls open(TlsOptions options, boolean http2, LongSupplier nanoClock)
      throws IOException {
    try {
      return new SidecarTls(options, http2, nanoClock);
    } catch (TlsFileException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static @Nullable ServerTls open(
      String listener,
      @Nullable ServerTlsFiles files,
      List<String> alpn,
      @Nullable FileWatch watch,
      InstantSource clock,
      LongSupplier nanoClock)
      throws TlsFileException {
    return files == null || watch == null
        ? null
        : ServerTls.open(listener, files, alpn, watch, clock, nanoClock);
  }

  /** Begins to watch the files. */
  void start() {
    if (watch != null) {
      watch.start();
    }
  }

  /** The stack of a listener, with TLS around it where the options say so. */
  ConnectionStack around(ConnectionStack stack, Worker worker, Direction direction) {
    ServerTls tls = direction == Direction.INBOUND ? inbound : outbound;
    if (tls == null) {
      return stack;
    }
    var handshakes = new Handshakes(worker.telemetry(), direction);
    // On the outbound side plaintext is what our own application speaks.
    boolean allowed = direction == Direction.OUTBOUND || plaintext;
    return stack.terminating(new TlsAcceptor(tls, handshakes, allowed));
  }

  ClientContexts clients() {
    return clients;
  }

  /** Null: control planes are called in plaintext. */
  @Nullable ControlPlaneTls controlPlane() {
    return controlPlane;
  }

  /** Makes ready what the clusters of a snapshot need; control loop. */
  void prepare(ConfigSnapshot snapshot) {
    Set<UpstreamTlsConfig> wanted = Set.of();
    for (ClusterConfig cluster : snapshot.clusters().values()) {
      UpstreamTlsConfig config = cluster.tls();
      if (config != null) {
        wanted = wanted.isEmpty() ? new HashSet<>() : wanted;
        wanted.add(config);
      }
    }
    clients.update(wanted);
  }

  void register(Telemetry to) {
    if (inbound != null) {
      register(to, "inbound", inbound);
    }
    if (outbound != null) {
      register(to, "outbound", outbound);
    }
    ControlPlaneTls known = controlPlane;
    if (known != null) {
      to.gauge(
          "tls_control_plane_ca_update_success",
          "New authorities of control planes that were put in force.",
          true,
          known::reloads);
      to.gauge(
          "tls_control_plane_ca_update_rejected",
          "New authorities of control planes that were refused.",
          true,
          known::reloadFailures);
    }
    if (clients.notAfter() != null) {
      to.gauge(
          "tls_client_certificate_expiration_seconds",
          "When the certificate that upstreams are shown expires, in seconds since 1970.",
          false,
          () -> {
            Instant notAfter = clients.notAfter();
            return notAfter == null ? 0 : notAfter.getEpochSecond();
          });
      to.gauge(
          "tls_client_certificate_update_success",
          "New certificates to be shown to upstreams that were put in force.",
          true,
          clients::reloads);
      to.gauge(
          "tls_client_certificate_update_rejected",
          "New certificates to be shown to upstreams that were refused.",
          true,
          clients::reloadFailures);
    }
  }

  private static void register(Telemetry to, String listener, ServerTls tls) {
    to.gauge(
        "tls_" + listener + "_certificate_expiration_seconds",
        "When the certificate of the " + listener + " listener expires, in seconds since 1970.",
        false,
        () -> tls.notAfter().getEpochSecond());
    to.gauge(
        "tls_" + listener + "_certificate_update_success",
        "New certificates of the " + listener + " listener that were put in force.",
        true,
        tls::reloads);
    to.gauge(
        "tls_" + listener + "_certificate_update_rejected",
        "New certificates of the " + listener + " listener that were refused.",
        true,
        tls::reloadFailures);
  }

  @Override
  public void close() {
    if (watch != null) {
      watch.close();
    }
    if (inbound != null) {
      inbound.close();
    }
    if (outbound != null) {
      outbound.close();
    }
    clients.close();
  }
}
