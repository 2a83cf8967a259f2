package dev.weft.controlplane.pki;

import java.security.GeneralSecurityException;
import java.time.Instant;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * What a server of the control plane shows to its callers; replaced while the server runs. Safe
 * from any thread.
 */
public interface ServerIdentity extends AutoCloseable {
  /** Shows the certificate that is in force at each handshake. */
  X509ExtendedKeyManager keyManager();

  /**
   * The certificates that callers have to trust, PEM, the one that signs now first; empty when that
   * is not known.
   */
  String trustedPem();

  /** Until when the certificate that is shown is in force. */
  Instant notAfter();

  /** A context of the JDK's for a server that asks its callers for no certificate. */
  default SSLContext sslContext() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {keyManager()}, new TrustManager[0], null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no TLS", e);
    }
  }

  @Override
  void close();
}
