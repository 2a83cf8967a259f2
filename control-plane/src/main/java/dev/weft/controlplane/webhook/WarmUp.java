package dev.weft.controlplane.webhook;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Asks a server of ours what nobody has asked, over its port: so that the first pods find warm code
 * all the way, from the handshake to the patch.
 */
final class WarmUp {
  /** Where it asks, so that it is not counted. */
  static final String INJECT = "/warm-up/inject";

  static final String VALIDATE = "/warm-up/validate";

  /** After that, whoever waits for the end of it goes on. */
  static final Duration LONGEST = Duration.ofSeconds(10);

  private static final int CONNECTIONS = 12;
  private static final int ROUNDS = 25;

  private static final String POD =
      """
      {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"warm-up",
       "kind":{"kind":"Pod"},"namespace":"weft-system","operation":"CREATE","dryRun":true,"object":{
       "metadata":{"name":"sample","labels":{"app":"sample"}},"spec":{"containers":[{"name":"app",
       "image":"sample:1","ports":[{"name":"http","containerPort":8080}],
       "readinessProbe":{"httpGet":{"port":"http"}}}]}}}}""";

  private static final String ROUTE =
      """
      {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"warm-up",
       "kind":{"kind":"HTTPRoute"},"namespace":"weft-system","operation":"CREATE","dryRun":true,"object":{
       "apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute",
       "metadata":{"name":"sample","namespace":"weft-system"},"spec":{
       "parentRefs":[{"group":"","kind":"Service","name":"sample"}],"rules":[{
       "matches":[{"path":{"type":"PathPrefix","value":"/"}}],
       "backendRefs":[{"name":"sample","port":80,"weight":1}]}]}}}}""";

  /** It is ourselves that we talk to. */
  private static final X509TrustManager ANY =
      new X509TrustManager() {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
          return new X509Certificate[0];
        }
      };

  private WarmUp() {}

  /**
   * Runs it, in {@link #LONGEST} at most.
   *
   * @throws IOException if the server does not answer
   */
  static void run(InetSocketAddress server) throws IOException {
    long end = System.nanoTime() + LONGEST.toNanos();
    List<byte[]> requests = List.of(request(INJECT, POD), request(VALIDATE, ROUTE));
    for (int i = 0; i < CONNECTIONS && System.nanoTime() < end; i++) {
      try (Socket socket = connect(server)) {
        var in = new BufferedInputStream(socket.getInputStream());
        OutputStream out = socket.getOutputStream();
        for (int j = 0; j < ROUNDS && System.nanoTime() < end; j++) {
          for (byte[] request : requests) {
            out.write(request);
            out.flush();
            skipAnswer(in);
          }
        }
      }
    }
  }

  private static Socket connect(InetSocketAddress server) throws IOException {
    InetAddress bound = server.getAddress();
    InetAddress address = bound.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : bound;
    try {
      // A context of its own, so that each connection has a whole handshake.
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {ANY}, null);
      Socket socket = context.getSocketFactory().createSocket(address, server.getPort());
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(Math.toIntExact(LONGEST.toMillis()));
      return socket;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no TLS", e);
    }
  }

  private static byte[] request(String path, String body) {
    return ("POST "
            + path
            + " HTTP/1.1\r\nhost: weft\r\ncontent-type: application/json\r\ncontent-length: "
            + body.length()
            + "\r\n\r\n"
            + body)
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static void skipAnswer(InputStream in) throws IOException {
    String status = line(in);
    if (!status.startsWith("HTTP/1.1 200")) {
      throw new IOException("our own server answers \"" + status + "\"");
    }
    long length = 0;
    for (String header = line(in); !header.isEmpty(); header = line(in)) {
      String lower = header.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        length = Long.parseLong(lower.substring(lower.indexOf(':') + 1).strip());
      }
    }
    in.skipNBytes(length);
  }

  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int read = in.read(); read != '\n'; read = in.read()) {
      if (read < 0) {
        throw new EOFException("our own server has closed the connection");
      }
      if (read != '\r') {
        line.append((char) read);
      }
    }
    return line.toString();
  }
}
