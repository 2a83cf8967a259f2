package dev.weft.sidecar.tls;

import dev.weft.common.config.UpstreamTlsConfig;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.Logs;
import dev.weft.sidecar.telemetry.WorkerTelemetry;
import dev.weft.sidecar.tls.certificate.Credential;
import dev.weft.sidecar.tls.certificate.FileWatch;
import dev.weft.sidecar.tls.certificate.TlsFileException;
import io.netty.channel.ChannelFuture;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The TLS of every kind of upstream connection that the configuration in force has, and the
 * certificate that the sidecar shows. Changed by the control loop and the files' thread; {@link
 * #find} is for workers.
 */
public final class ClientContexts implements AutoCloseable {
  private static final System.Logger LOG = Logs.of(ClientContexts.class);

  private final InstantSource clock;
  private final @Nullable ClientTlsFiles files;
  private volatile Map<UpstreamTlsConfig, ClientTls> contexts = Map.of();
  private volatile @Nullable Credential own;
  private volatile long reloads;
  private volatile long reloadFailures;

  /** Without a certificate of our own. */
  public ClientContexts(InstantSource clock) {
    this.clock = clock;
    this.files = null;
  }

  /**
   * With a certificate of our own, which is loaded again whenever its files change.
   *
   * @throws TlsFileException one line: which file is wrong, and how
   */
  public ClientContexts(ClientTlsFiles files, FileWatch watch, InstantSource clock)
      throws TlsFileException {
    this.clock = clock;
    this.files = files;
    watch.add(files.all(), this::reload);
    this.own = Credential.load(files.certificate(), files.key(), clock.instant());
  }

  /** Knows how to do each of these, and no other. */
  public synchronized void update(Set<UpstreamTlsConfig> wanted) {
    if (wanted.equals(contexts.keySet())) {
      return;
    }
    var next = new HashMap<UpstreamTlsConfig, ClientTls>();
    for (UpstreamTlsConfig config : wanted) {
      ClientTls made = contexts.get(config);
      if (made == null) {
        made = new ClientTls(config, own, clock);
        if (!made.problem().isEmpty()) {
          LOG.log(
              System.Logger.Level.WARNING,
              "connections to {0} cannot be secured: {1}",
              config.serverName(),
              made.problem());
        }
      }
      next.put(config, made);
    }
    Map<UpstreamTlsConfig, ClientTls> before = contexts;
    contexts = Map.copyOf(next);
    var gone = new HashSet<>(before.keySet());
    gone.removeAll(wanted);
    gone.forEach(config -> close(before, config));
  }

  private static void close(Map<UpstreamTlsConfig, ClientTls> from, UpstreamTlsConfig config) {
    ClientTls tls = from.get(config);
    if (tls != null) {
      tls.close();
    }
  }

  /**
   * Secures a connection as soon as it is there; on its worker. See {@link ClientTls#secure}.
   *
   * @param telemetry the worker's; null: it is not counted
   */
  public ChannelFuture secure(
      ChannelFuture connecting,
      UpstreamTlsConfig config,
      InetSocketAddress endpoint,
      Offer offer,
      long timeoutMillis,
      @Nullable WorkerTelemetry telemetry,
      Direction direction) {
    ClientTls tls = find(config);
    return tls == null
        ? ClientTls.refuse(connecting)
        : tls.secure(connecting, endpoint, offer, timeoutMillis, telemetry, direction);
  }

  /** How that is done; null when no configuration in force has it any more. */
  @Nullable ClientTls find(UpstreamTlsConfig config) {
    return contexts.get(config);
  }

  /** When our own certificate expires; null when there is none. */
  public @Nullable Instant notAfter() {
    Credential now = own;
    return now == null ? null : now.notAfter();
  }

  /** How often a new certificate was put in force. */
  public long reloads() {
    return reloads;
  }

  /** How often one was refused. */
  public long reloadFailures() {
    return reloadFailures;
  }

  private synchronized void reload() {
    ClientTlsFiles from = files;
    if (from == null) {
      return;
    }
    try {
      Credential next = Credential.load(from.certificate(), from.key(), clock.instant());
      own = next;
      for (ClientTls each : contexts.values()) {
        if (each.showsCertificate()) {
          each.renew(next);
        }
      }
      reloads++;
      LOG.log(
          System.Logger.Level.INFO,
          "upstreams are shown the certificate of {0}, good until {1}",
          from.certificate(),
          next.notAfter());
    } catch (TlsFileException e) {
      reloadFailures++;
      LOG.log(
          System.Logger.Level.WARNING,
          "the new client certificate is refused, the old one (good until {0}) stays: {1}",
          notAfter(),
          e.getMessage());
    }
  }

  @Override
  public void close() {
    update(Set.of());
  }
}
