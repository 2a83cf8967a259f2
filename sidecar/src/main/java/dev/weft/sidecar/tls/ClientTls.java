package dev.weft.sidecar.tls;

import dev.weft.common.config.UpstreamTlsConfig;
import dev.weft.common.config.UpstreamTlsConfig.TlsVersion;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.WorkerTelemetry;
import io.netty.channel.Channel;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The TLS of one kind of upstream connection, for all workers: who is believed, what is shown, the
 * sessions to take up again. {@link #originate} is called on workers, the rest by {@link
 * ClientContexts}.
 */
public final class ClientTls {
  private final UpstreamTlsConfig config;
  private final List<String> alpn;
  private final @Nullable PeerVerifier verifier;
  // A context is native memory: it is used and released under the object's lock. Connections that
  // were made from it keep it for as long as they need it.
  private @Nullable SslContext context;
  private volatile String problem = "";

  /** How a connection's handshake ends. Called on its worker, once. */
  public interface Listener {
    /**
     * @param alpn what the server chose; null: nothing
     */
    void secured(@Nullable String alpn);

    /**
     * The channel is closed, or about to be.
     *
     * @param reason for people, as the end of a sentence
     */
    void failed(boolean timeout, String reason);
  }

  ClientTls(UpstreamTlsConfig config, List<String> alpn, InstantSource clock) {
    this.config = config;
    this.alpn = List.copyOf(alpn);
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
  }

  boolean showsCertificate() {
    return config.clientCertificate();
  }

  /** Why no connection can be secured; empty when it can. */
  String problem() {
    return problem;
  }

  /** Puts the certificate in force that is to be shown; connections that are open go on. */
  void renew(@Nullable Credential own) {
    PeerVerifier verify = verifier;
    if (verify == null) {
      return;
    }
    if (config.clientCertificate() && own == null) {
      problem =
          "this sidecar has no client certificate: start it with --client-cert and --client-key";
      return;
    }
    try {
      SslContextBuilder builder =
          Contexts.common(SslContextBuilder.forClient(), alpn)
              .trustManager(verify)
              // The verifier does it, which knows the names.
              .endpointIdentificationAlgorithm(null)
              .serverName(new SNIHostName(config.serverName()));
      if (config.minVersion() == TlsVersion.TLS_1_3) {
        builder.protocols(Contexts.TLS_1_3);
      } else {
        builder.protocols(Contexts.TLS_1_3, Contexts.TLS_1_2);
      }
      if (config.clientCertificate() && own != null) {
        builder.keyManager(Contexts.keys(own));
      }
      SslContext made = builder.build();
      OpenSslSessionContext sessions = (OpenSslSessionContext) made.sessionContext();
      sessions.setSessionCacheEnabled(true);
      sessions.setSessionCacheSize(Bound.TLS_SESSIONS.intValue());
      sessions.setTicketKeys();
      replace(made);
      problem = "";
    } catch (SSLException e) {
      problem = "BoringSSL refuses its settings: " + Reasons.of(e, "the server");
    } catch (TlsFileException e) {
      problem = String.valueOf(e.getMessage());
    }
  }

  /** Nobody connects any more. */
  void close() {
    problem = "its configuration is gone";
    replace(null);
  }

  private synchronized void replace(@Nullable SslContext next) {
    if (context != null) {
      ReferenceCountUtil.release(context);
    }
    context = next;
  }

  private synchronized @Nullable SslHandler newHandler(
      Channel channel, InetSocketAddress endpoint) {
    // The endpoint is the key of the sessions: another instance could not take them up.
    return context == null
        ? null
        : context.newHandler(channel.alloc(), endpoint.getHostString(), endpoint.getPort());
  }

  /**
   * Adds TLS at the front of a connected channel's pipeline and begins the handshake. What is
   * written before it is done waits. On the channel's worker.
   *
   * @param timeoutMillis for the handshake
   */
  public void originate(
      Channel channel,
      InetSocketAddress endpoint,
      long timeoutMillis,
      WorkerTelemetry telemetry,
      Direction direction,
      Listener listener) {
    SslHandler handler = newHandler(channel, endpoint);
    if (handler == null) {
      listener.failed(false, problem);
      channel.close();
      return;
    }
    handler.setHandshakeTimeoutMillis(timeoutMillis);
    channel.pipeline().addFirst(handler, new ClientTail(handler, telemetry, direction, listener));
  }
}
