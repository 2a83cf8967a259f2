package dev.weft.controlplane.pki;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** A TLS server of the JDK's that shows an identity, and callers that trust some certificates. */
final class TestServer implements AutoCloseable {
  private final SSLServerSocket socket;

  TestServer(ServerIdentity identity) throws IOException {
    socket =
        (SSLServerSocket)
            identity
                .sslContext()
                .getServerSocketFactory()
                .createServerSocket(0, 16, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::serve);
  }

  private void serve() {
    while (!socket.isClosed()) {
      try (SSLSocket caller = (SSLSocket) socket.accept()) {
        caller.getInputStream().read();
      } catch (IOException e) {
        // The caller does not trust us, or the test is over.
      }
    }
  }

  /** What is shown to a caller that trusts these, and that calls it by that name. */
  X509Certificate handshake(String trustedPem, String name) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trusting(Pem.certificates(trustedPem)).getTrustManagers(), null);
    try (SSLSocket caller =
        (SSLSocket)
            context
                .getSocketFactory()
                .createSocket(
                    new Socket(InetAddress.getLoopbackAddress(), socket.getLocalPort()),
                    name,
                    socket.getLocalPort(),
                    true)) {
      SSLParameters parameters = caller.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      caller.setSSLParameters(parameters);
      caller.startHandshake();
      return (X509Certificate) caller.getSession().getPeerCertificates()[0];
    }
  }

  private static TrustManagerFactory trusting(List<X509Certificate> certificates)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    for (X509Certificate certificate : certificates) {
      store.setCertificateEntry("ca-" + store.size(), certificate);
    }
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(store);
    return factory;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
