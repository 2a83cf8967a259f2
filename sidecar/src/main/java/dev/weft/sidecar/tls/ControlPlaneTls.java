package dev.weft.sidecar.tls;

import dev.weft.sidecar.telemetry.Logs;
import dev.weft.sidecar.tls.certificate.FileWatch;
import dev.weft.sidecar.tls.certificate.PeerVerifier;
import dev.weft.sidecar.tls.certificate.TlsFileException;
import dev.weft.sidecar.tls.certificate.TrustAnchors;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import javax.net.ssl.SSLException;

/**
 * The TLS of the connection to the control plane: its authorities come from a file, and are read
 * again when that changes. Changed by the files' thread; {@link #context} is for the control loop.
 */
public final class ControlPlaneTls {
  private static final System.Logger LOG = Logs.of(ControlPlaneTls.class);

  private final ControlPlaneFiles files;
  private final InstantSource clock;
  private volatile SslContext context;
  private volatile long reloads;
  private volatile long reloadFailures;

  /**
   * Loads the authorities.
   *
   * @throws TlsFileException one line: what is wrong with the file
   */
  public ControlPlaneTls(ControlPlaneFiles files, FileWatch watch, InstantSource clock)
      throws TlsFileException {
    this.files = files;
    this.clock = clock;
    watch.add(List.of(files.ca()), this::reload);
    this.context = load();
  }

  /**
   * For connections that are made from now on. Its native memory is freed with the object: gRPC may
   * hold on to one that was replaced.
   */
  public SslContext context() {
    return context;
  }

  /** The file of the bearer token, and who the control plane must be. */
  public ControlPlaneFiles files() {
    return files;
  }

  /** Why a connection could not be secured, for people; empty when TLS is not to blame. */
  public static String reason(Throwable failure) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof SSLException) {
        return Reasons.of(failure, "the control plane");
      }
    }
    return "";
  }

  /** How often new authorities were put in force. */
  public long reloads() {
    return reloads;
  }

  /** How often new ones were refused. */
  public long reloadFailures() {
    return reloadFailures;
  }

  private SslContext load() throws TlsFileException {
    Path ca = files.ca();
    try {
      return Contexts.common(SslContextBuilder.forClient(), Offer.HTTP2.protocols())
          .sslProvider(SslProvider.OPENSSL)
          .trustManager(new PeerVerifier(TrustAnchors.load(ca), files.names(), clock))
          // The verifier does it, which knows the names.
          .endpointIdentificationAlgorithm(null)
          .protocols(Contexts.TLS_1_3, Contexts.TLS_1_2)
          .build();
    } catch (SSLException e) {
      throw new TlsFileException(ca, "BoringSSL refuses it: " + Reasons.of(e, "the control plane"));
    }
  }

  private synchronized void reload() {
    try {
      context = load();
      reloads++;
      LOG.log(
          System.Logger.Level.INFO,
          "control planes are believed by the authorities of {0} as they are now",
          files.ca());
    } catch (TlsFileException e) {
      reloadFailures++;
      LOG.log(
          System.Logger.Level.WARNING,
          "the new authorities of control planes are refused, the old ones stay: {0}",
          e.getMessage());
    }
  }
}
