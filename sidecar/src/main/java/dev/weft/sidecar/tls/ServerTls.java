package dev.weft.sidecar.tls;

import dev.weft.sidecar.telemetry.Logs;
import dev.weft.sidecar.tls.certificate.Credential;
import dev.weft.sidecar.tls.certificate.FileWatch;
import dev.weft.sidecar.tls.certificate.PeerVerifier;
import dev.weft.sidecar.tls.certificate.TlsFileException;
import dev.weft.sidecar.tls.certificate.TrustAnchors;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * A listener's TLS: the certificate in force and the tickets of its sessions, for all workers. Made
 * by the starting thread, replaced on the files' thread; {@link #newHandler} and the numbers are
 * for any.
 */
public final class ServerTls implements AutoCloseable {
  private static final System.Logger LOG = Logs.of(ServerTls.class);

  private final String listener;
  private final ServerTlsFiles files;
  private final List<String> alpn;
  private final InstantSource clock;
  private final LongSupplier nanoClock;
  private final TicketKeys tickets;
  private final Object swap = new Object();
  // Its context is native memory: it is used and released under the lock above. Connections that
  // were made from it keep it for as long as they need it.
  private volatile InForce current;
  private volatile long reloads;
  private volatile long reloadFailures;

  private record InForce(
      SslContext context, Instant notAfter, @Nullable TrustAnchors clientAnchors) {}

  /**
   * Loads what a listener needs, and again whenever a file changes.
   *
   * @param listener for the log
   * @param alpn the protocols in the order of preference
   * @throws TlsFileException one line: which file is wrong, and how
   */
  public static ServerTls open(
      String listener,
      ServerTlsFiles files,
      List<String> alpn,
      FileWatch watch,
      InstantSource clock,
      LongSupplier nanoClock)
      throws TlsFileException {
    var holder = new ServerTls[1];
    // First the watch, so that no change falls between.
    watch.add(
        files.all(),
        () -> {
          if (holder[0] != null) {
            holder[0].reload();
          }
        });
    ServerTls made = new ServerTls(listener, files, alpn, clock, nanoClock);
    holder[0] = made;
    watch.everyLook(made::rotateTickets);
    return made;
  }

  private ServerTls(
      String listener,
      ServerTlsFiles files,
      List<String> alpn,
      InstantSource clock,
      LongSupplier nanoClock)
      throws TlsFileException {
    this.listener = listener;
    this.files = files;
    this.alpn = List.copyOf(alpn);
    this.clock = clock;
    this.nanoClock = nanoClock;
    this.tickets = new TicketKeys(nanoClock.getAsLong());
    this.current = load();
    said(current);
  }

  /** A handler for one more connection. */
  SslHandler newHandler(ByteBufAllocator allocator) {
    synchronized (swap) {
      return current.context.newHandler(allocator);
    }
  }

  /** When the certificate in force expires. */
  public Instant notAfter() {
    return current.notAfter;
  }

  /** How often a new certificate was put in force. */
  public long reloads() {
    return reloads;
  }

  /** How often one was refused. */
  public long reloadFailures() {
    return reloadFailures;
  }

  @Override
  public void close() {
    synchronized (swap) {
      ReferenceCountUtil.release(current.context);
    }
  }

  private synchronized void reload() {
    try {
      InForce before = current;
      InForce next = load(before.clientAnchors);
      synchronized (swap) {
        current = next;
        ReferenceCountUtil.release(before.context);
      }
      reloads++;
      said(next);
    } catch (TlsFileException e) {
      reloadFailures++;
      LOG.log(
          System.Logger.Level.WARNING,
          "the new certificate of the {0} listener is refused, the old one (good until {1}) stays:"
              + " {2}",
          listener,
          current.notAfter,
          e.getMessage());
    }
  }

  private synchronized void rotateTickets() {
    if (tickets.rotate(nanoClock.getAsLong())) {
      tickets.applyTo(sessions(current.context));
    }
  }

  private InForce load() throws TlsFileException {
    return load(null);
  }

  private InForce load(@Nullable TrustAnchors before) throws TlsFileException {
    Credential credential = Credential.load(files.certificate(), files.key(), clock.instant());
    TrustAnchors anchors = files.clientCa() == null ? null : TrustAnchors.load(files.clientCa());
    if (!Objects.equals(before, anchors)) {
      // Who resumes a session is not verified again, so sessions must not outlive an authority.
      tickets.reset(nanoClock.getAsLong());
    }
    SslContextBuilder builder =
        Contexts.common(SslContextBuilder.forServer(Contexts.keys(credential)), alpn)
            .protocols(Contexts.TLS_1_3, Contexts.TLS_1_2);
    if (anchors == null) {
      builder.trustManager(new TrustsNobody());
    } else {
      builder
          .trustManager(new PeerVerifier(anchors, Set.of(), clock))
          .clientAuth(files.requireClient() ? ClientAuth.REQUIRE : ClientAuth.OPTIONAL);
    }
    try {
      SslContext context = builder.build();
      OpenSslSessionContext sessions = sessions(context);
      // Tickets do it, without a table here.
      sessions.setSessionCacheEnabled(false);
      tickets.applyTo(sessions);
      return new InForce(context, credential.notAfter(), anchors);
    } catch (SSLException e) {
      throw new TlsFileException(
          files.certificate(), "BoringSSL refuses it: " + Reasons.of(e, "peer"));
    }
  }

  private static OpenSslSessionContext sessions(SslContext context) {
    return (OpenSslSessionContext) context.sessionContext();
  }

  private void said(InForce now) {
    LOG.log(
        System.Logger.Level.INFO,
        "the {0} listener shows the certificate of {1}, good until {2}",
        listener,
        files.certificate(),
        now.notAfter);
  }
}
