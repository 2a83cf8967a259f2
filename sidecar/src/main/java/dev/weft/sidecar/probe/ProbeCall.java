package dev.weft.sidecar.probe;

import dev.weft.sidecar.telemetry.Bound;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * One probe of HTTP or TCP, with the kubelet's rules: certificates are not verified, redirects
 * within the host are followed, those elsewhere are a success. Blocks its thread until it is done
 * or its time is over.
 */
final class ProbeCall {
  /** The status for a probe whose time was over. */
  static final int LATE = 504;

  private static final int FAILED = 503;
  private static final int MAX_REDIRECTS = Bound.APP_PROBE_REDIRECTS.intValue();
  private static final int MAX_HEAD = Bound.APP_PROBE_HEAD.intValue();

  private final ProbeSpec probe;
  private final String host;
  private final long deadline;

  private ProbeCall(ProbeSpec probe, String podAddress) {
    this.probe = probe;
    this.host = probe.host().isEmpty() ? podAddress : probe.host();
    this.deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(probe.timeoutSeconds());
  }

  /** What came of it. */
  record Answer(int status, String text) {}

  static Answer run(ProbeSpec probe, String podAddress) {
    var call = new ProbeCall(probe, podAddress);
    try {
      return probe.kind() == ProbeSpec.Kind.TCP ? call.tcp() : call.http();
    } catch (SocketTimeoutException e) {
      return new Answer(LATE, "no answer within " + probe.timeoutSeconds() + " s");
    } catch (IOException | GeneralSecurityException e) {
      String message = e.getMessage();
      return new Answer(FAILED, message == null ? e.getClass().getSimpleName() : message);
    }
  }

  /** As an authority has it. */
  static String hostAndPort(String host, int port) {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  private Answer tcp() throws IOException {
    try (Socket socket = connect()) {
      return new Answer(200, "connected to " + socket.getRemoteSocketAddress());
    }
  }

  private Answer http() throws IOException, GeneralSecurityException {
    String path = probe.path();
    for (int hop = 0; hop <= MAX_REDIRECTS; hop++) {
      String head = head(path);
      int status = status(head);
      String text = "the application has answered with status " + status;
      if (status < 300 || status == 304) {
        // Those that say to have no body would contradict what is said here.
        return new Answer(status == 204 || status == 304 ? 200 : status, text);
      }
      if (status >= 400) {
        return new Answer(status, text);
      }
      String next = redirect(head, path);
      if (next == null) {
        return new Answer(200, text + ", which leads elsewhere");
      }
      path = next;
    }
    return new Answer(FAILED, "more than " + MAX_REDIRECTS + " redirects");
  }

  private String head(String path) throws IOException, GeneralSecurityException {
    try (Socket socket = secured(connect())) {
      socket.getOutputStream().write(request(path).getBytes(StandardCharsets.ISO_8859_1));
      InputStream in = socket.getInputStream();
      var head = new StringBuilder();
      byte[] buffer = new byte[1024];
      while (head.indexOf("\r\n\r\n") < 0) {
        socket.setSoTimeout(millisLeft());
        int count = in.read(buffer);
        if (count < 0) {
          throw new IOException("the connection was closed without an answer");
        }
        head.append(new String(buffer, 0, count, StandardCharsets.ISO_8859_1));
        if (head.length() > MAX_HEAD) {
          throw new IOException("the answer's head is longer than " + MAX_HEAD + " bytes");
        }
      }
      return head.substring(0, head.indexOf("\r\n\r\n"));
    }
  }

  private String request(String path) {
    var request = new StringBuilder("GET ").append(path).append(" HTTP/1.1\r\n");
    boolean host = false;
    boolean agent = false;
    boolean accept = false;
    for (int i = 0; i < probe.headers().size(); i += 2) {
      String name = probe.headers().get(i);
      host |= name.equalsIgnoreCase("host");
      agent |= name.equalsIgnoreCase("user-agent");
      accept |= name.equalsIgnoreCase("accept");
      request.append(name).append(": ").append(probe.headers().get(i + 1)).append("\r\n");
    }
    if (!host) {
      request.append("host: ").append(hostAndPort(this.host, probe.port())).append("\r\n");
    }
    if (!agent) {
      request.append("user-agent: kube-probe/weft\r\n");
    }
    if (!accept) {
      request.append("accept: */*\r\n");
    }
    return request.append("connection: close\r\n\r\n").toString();
  }

  private Socket connect() throws IOException {
    var socket = new Socket();
    try {
      socket.connect(new InetSocketAddress(host, probe.port()), millisLeft());
      socket.setSoTimeout(millisLeft());
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private Socket secured(Socket plain) throws IOException, GeneralSecurityException {
    if (probe.kind() != ProbeSpec.Kind.HTTPS) {
      return plain;
    }
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new Anybody()}, null);
      var socket =
          (SSLSocket) context.getSocketFactory().createSocket(plain, host, probe.port(), true);
      socket.startHandshake();
      return socket;
    } catch (IOException | GeneralSecurityException e) {
      plain.close();
      throw e;
    }
  }

  private int millisLeft() throws SocketTimeoutException {
    long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
    if (left <= 0) {
      throw new SocketTimeoutException();
    }
    return Math.toIntExact(left);
  }

  private static int status(String head) throws IOException {
    String[] parts = head.lines().findFirst().orElse("").split(" ", 3);
    if (parts.length >= 2 && parts[0].startsWith("HTTP/1.") && parts[1].length() == 3) {
      try {
        return Integer.parseInt(parts[1]);
      } catch (NumberFormatException e) {
        // Said below, the same as for what is no status line.
      }
    }
    throw new IOException("the answer is not HTTP/1.1");
  }

  /** The path that is redirected to; null: it is not on this host. */
  private @Nullable String redirect(String head, String path) {
    for (String line : head.split("\r\n")) {
      if (line.toLowerCase(Locale.ROOT).startsWith("location:")) {
        try {
          URI from = URI.create(hostOfProbe() + path);
          URI to = from.resolve(line.substring("location:".length()).strip());
          return to.getRawAuthority() != null
                  && to.getRawAuthority().equals(from.getRawAuthority())
                  && from.getScheme().equals(to.getScheme())
              ? (to.getRawPath().isEmpty() ? "/" : to.getRawPath())
                  + (to.getRawQuery() == null ? "" : "?" + to.getRawQuery())
              : null;
        } catch (IllegalArgumentException e) {
          return null;
        }
      }
    }
    return null;
  }

  private String hostOfProbe() {
    return (probe.kind() == ProbeSpec.Kind.HTTPS ? "https://" : "http://")
        + hostAndPort(host, probe.port());
  }

  /** The kubelet verifies no certificate of a probe, and neither do we. */
  private static final class Anybody extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
