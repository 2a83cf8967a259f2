package dev.weft.sidecar.tls;

import dev.weft.common.config.UpstreamTlsConfig;
import dev.weft.common.config.UpstreamTlsConfig.TlsVersion;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.WorkerTelemetry;
import dev.weft.sidecar.tls.certificate.Credential;
import dev.weft.sidecar.tls.certificate.PeerVerifier;
import dev.weft.sidecar.tls.certificate.TlsFileException;
import dev.weft.sidecar.tls.certificate.TrustAnchors;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The TLS of one kind of upstream connections, for all workers: who is believed, what is shown, the
 * sessions to take up again. {@link #secure} is called on workers, the rest by {@link
 * ClientContexts}.
 */
public final class ClientTls {
  private static final String GONE = "its configuration has changed meanwhile";

  private final UpstreamTlsConfig config;
  private final @Nullable PeerVerifier verifier;

  // Contexts are native memory: they are made, used and released under the object's lock, once per
  // connection. Connections that were made from one keep it for as long as they need it.
  private final Map<Offer, SslContext> contexts = new EnumMap<>(Offer.class);
  private @Nullable Credential own;
  private boolean closed;
  private String problem = "";

  ClientTls(UpstreamTlsConfig config, @Nullable Credential own, InstantSource clock) {
    this.config = config;
    PeerVerifier made = null;
    try {
      made =
          new PeerVerifier(
              config.caCertificates().isEmpty()
                  ? TrustAnchors.system()
                  : TrustAnchors.inline(config.caCertificates()),
              config.subjectAltNames().isEmpty()
                  ? Set.of(config.serverName())
                  : Set.copyOf(config.subjectAltNames()),
              clock);
    } catch (TlsFileException e) {
      problem = String.valueOf(e.getMessage());
    }
    verifier = made;
    renew(own);
  }

  /** The protocol that the server of a secured channel has chosen; null: none. */
  public static @Nullable String protocol(Channel channel) {
    SslHandler handler = channel.pipeline().get(SslHandler.class);
    return handler == null ? null : handler.applicationProtocol();
  }

  boolean showsCertificate() {
    return config.clientCertificate();
  }

  /** Why no connection can be secured; empty when it can. */
  synchronized String problem() {
    return problem;
  }

  /** Shows that certificate from now on; connections that are open go on. */
  synchronized void renew(@Nullable Credential credential) {
    own = credential;
    releaseAll();
    if (verifier != null) {
      problem = "";
      // So that what is wrong is known before the first connection.
      context(Offer.EITHER);
    }
  }

  /** Nobody is to connect any more. */
  synchronized void close() {
    closed = true;
    problem = GONE;
    releaseAll();
  }

  private void releaseAll() {
    contexts.values().forEach(ReferenceCountUtil::release);
    contexts.clear();
  }

  /**
   * Secures a connection as soon as it is there.
   *
   * @param connecting on its worker; a handler that is to hear of what is inside is added to its
   *     pipeline when the result is there
   * @param timeoutMillis for the handshake; 0: none
   * @param telemetry the worker's; null: it is not counted
   * @return done when the handshake is; fails with a {@link TlsConnectException}, or with the
   *     connect's own cause. When it fails, the channel is closed
   */
  ChannelFuture secure(
      ChannelFuture connecting,
      InetSocketAddress endpoint,
      Offer offer,
      long timeoutMillis,
      @Nullable WorkerTelemetry telemetry,
      Direction direction) {
    Channel channel = connecting.channel();
    ChannelPromise secured = channel.newPromise();
    connecting.addListener(
        done -> {
          if (!done.isSuccess()) {
            secured.tryFailure(done.cause());
            return;
          }
          SslHandler handler = newHandler(channel, endpoint, offer);
          if (handler == null) {
            channel.close();
            secured.tryFailure(new TlsConnectException(false, problem()));
            return;
          }
          handler.setHandshakeTimeoutMillis(timeoutMillis);
          channel
              .pipeline()
              .addFirst(handler, new ClientTail(handler, telemetry, direction, secured));
        });
    return secured;
  }

  /** Closes a connection that is to be secured when nothing says how any more. */
  static ChannelFuture refuse(ChannelFuture connecting) {
    Channel channel = connecting.channel();
    ChannelPromise refused = channel.newPromise();
    connecting.addListener(
        done -> {
          channel.close();
          refused.tryFailure(new TlsConnectException(false, GONE));
        });
    return refused;
  }

  private synchronized @Nullable SslHandler newHandler(
      Channel channel, InetSocketAddress endpoint, Offer offer) {
    SslContext context = context(offer);
    // The endpoint is the key of the sessions: another instance could not take them up.
    return context == null
        ? null
        : context.newHandler(channel.alloc(), endpoint.getHostString(), endpoint.getPort());
  }

  private @Nullable SslContext context(Offer offer) {
    SslContext made = contexts.get(offer);
    PeerVerifier verify = verifier;
    if (made != null || verify == null || closed) {
      return made;
    }
    Credential shown = config.clientCertificate() ? own : null;
    if (config.clientCertificate() && shown == null) {
      problem =
          "this sidecar has no client certificate: start it with --client-cert and --client-key";
      return null;
    }
    try {
      made = build(offer, verify, shown);
      contexts.put(offer, made);
      return made;
    } catch (SSLException e) {
      problem = "BoringSSL refuses its settings: " + Reasons.of(e, "the server");
    } catch (TlsFileException e) {
      problem = String.valueOf(e.getMessage());
    }
    return null;
  }

  private SslContext build(Offer offer, PeerVerifier verify, @Nullable Credential shown)
      throws SSLException, TlsFileException {
    SslContextBuilder builder =
        Contexts.common(SslContextBuilder.forClient(), offer.protocols())
            .trustManager(verify)
            // The verifier does it, which knows the names.
            .endpointIdentificationAlgorithm(null)
            .serverName(new SNIHostName(config.serverName()));
    if (config.minVersion() == TlsVersion.TLS_1_3) {
      builder.protocols(Contexts.TLS_1_3);
    } else {
      builder.protocols(Contexts.TLS_1_3, Contexts.TLS_1_2);
    }
    if (shown != null) {
      builder.keyManager(Contexts.keys(shown));
    }
    SslContext made = builder.build();
    OpenSslSessionContext sessions = (OpenSslSessionContext) made.sessionContext();
    sessions.setSessionCacheEnabled(true);
    sessions.setSessionCacheSize(Bound.TLS_SESSIONS.intValue());
    sessions.setTicketKeys();
    return made;
  }
}
