package dev.weft.cli.check.gather;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** The certificates that a port shows, believed or not: a handshake, and nothing else is sent. */
final class ShownChain {
  private static final int TIMEOUT_MILLIS = 5_000;

  private ShownChain() {}

  /**
   * Of a port on this machine.
   *
   * @return the port's own certificate first
   * @throws IOException when there is no handshake
   */
  static List<X509Certificate> of(int localPort) throws IOException {
    var seen = new Seen();
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {seen}, new SecureRandom());
      try (Socket plain = new Socket()) {
        plain.connect(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), localPort), TIMEOUT_MILLIS);
        plain.setSoTimeout(TIMEOUT_MILLIS);
        try (SSLSocket socket =
            (SSLSocket)
                context.getSocketFactory().createSocket(plain, "localhost", localPort, true)) {
          socket.startHandshake();
        }
      }
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    } catch (IOException e) {
      // What follows the certificates may fail; they have been shown.
      if (seen.chain.isEmpty()) {
        throw e;
      }
    }
    return List.copyOf(seen.chain);
  }

  /** Looks, and judges nothing: that is done afterwards, by the mesh's own authority. */
  private static final class Seen extends X509ExtendedTrustManager {
    private final List<X509Certificate> chain = new ArrayList<>();

    private void see(X509Certificate[] shown) {
      chain.clear();
      chain.addAll(List.of(shown));
    }

    @Override
    public void checkServerTrusted(X509Certificate[] shown, String type) {
      see(shown);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] shown, String type, Socket socket) {
      see(shown);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] shown, String type, SSLEngine engine) {
      see(shown);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] shown, String type) {
      throw new IllegalStateException("this is for clients only");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] shown, String type, Socket socket) {
      throw new IllegalStateException("this is for clients only");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] shown, String type, SSLEngine engine) {
      throw new IllegalStateException("this is for clients only");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
