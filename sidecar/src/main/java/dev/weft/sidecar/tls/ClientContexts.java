package dev.weft.sidecar.tls;

import dev.weft.common.config.UpstreamTlsConfig;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The TLS of every kind of upstream connection that the configuration in force has, and the
 * certificate that the sidecar shows. Changed by the control loop and the files' thread; {@link
 * #find} is for workers.
 */
public final class ClientContexts implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ClientContexts.class.getName());

  private final InstantSource clock;
  private final @Nullable ClientTlsFiles files;
  private volatile Map<Kind, ClientTls> contexts = Map.of();
  private volatile @Nullable Credential own;
  private volatile long reloads;
  private volatile long reloadFailures;

  /**
   * What a context is made from.
   *
   * @param alpn the protocols to offer, in the order of preference; empty: the extension is not
   *     sent
   */
  public record Kind(UpstreamTlsConfig config, List<String> alpn) {
    public Kind {
      alpn = List.copyOf(alpn);
    }
  }

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

  /** Has a context for each of these, and for no other. */
  public synchronized void update(Set<Kind> wanted) {
    if (wanted.equals(contexts.keySet())) {
      return;
    }
    var next = new HashMap<Kind, ClientTls>();
    for (Kind kind : wanted) {
      ClientTls made = contexts.get(kind);
      if (made == null) {
        made = new ClientTls(kind.config(), kind.alpn(), clock);
        made.renew(own);
        if (!made.problem().isEmpty()) {
          LOG.log(
              System.Logger.Level.WARNING,
              "connections to {0} cannot be secured: {1}",
              kind.config().serverName(),
              made.problem());
        }
      }
      next.put(kind, made);
    }
    Map<Kind, ClientTls> before = contexts;
    contexts = Map.copyOf(next);
    var gone = new HashSet<>(before.keySet());
    gone.removeAll(wanted);
    gone.forEach(kind -> close(before, kind));
  }

  private static void close(Map<Kind, ClientTls> from, Kind kind) {
    ClientTls tls = from.get(kind);
    if (tls != null) {
      tls.close();
    }
  }

  /** The context of that kind; null when no configuration in force has it any more. */
  public @Nullable ClientTls find(Kind kind) {
    return contexts.get(kind);
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
