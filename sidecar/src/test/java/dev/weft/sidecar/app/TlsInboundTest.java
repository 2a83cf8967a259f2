package dev.weft.sidecar.app;

import static dev.weft.sidecar.FakeControlPlane.inbound;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import dev.weft.sidecar.FakeControlPlane;
import dev.weft.testkit.SocketThreads;
import dev.weft.testkit.TestCa;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A sidecar that terminates TLS for its application, with clients that we did not write. */
final class TlsInboundTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private final TestCa ca = new TestCa("authority");
  private final FakeControlPlane controlPlane = new FakeControlPlane();
  private final ExecutorService threads = SocketThreads.perTask();
  private final HttpServer app;
  private @Nullable Sidecar started;

  @TempDir private Path folder;

  TlsInboundTest() throws IOException {
    app = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    app.setExecutor(threads);
    app.createContext(
        "/",
        exchange -> {
          var headers = exchange.getRequestHeaders();
          byte[] answer =
              (headers.getFirst("x-forwarded-proto") + " " + headers.get("x-forwarded-client-cert"))
                  .getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    app.createContext(
        "/echo",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getRequestBody().transferTo(exchange.getResponseBody());
          exchange.close();
        });
    app.start();
    controlPlane.put(inbound("app"));
  }

  @AfterEach
  void stop() {
    if (started != null) {
      started.close();
    }
    app.stop(0);
    threads.shutdownNow();
    controlPlane.close();
  }

  private Path serverFiles() {
    return ca.issue("app", "localhost", "127.0.0.1").write(folder, "server");
  }

  private void start(String... more) throws IOException {
    Path crt = serverFiles();
    var flags =
        new ArrayList<>(
            List.of(
                "--app-port=" + app.getAddress().getPort(),
                "--tls-cert=" + crt,
                "--tls-key=" + folder.resolve("server.key")));
    flags.addAll(Arrays.asList(more));
    started = Sidecars.start(controlPlane, "app", flags);
  }

  private Sidecar sidecar() {
    return Objects.requireNonNull(started);
  }

  private HttpClient client(TestCa.@Nullable Issued own) {
    return HttpClient.newBuilder().sslContext(ca.sslContext(own)).build();
  }

  private HttpResponse<String> get(HttpClient client) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + sidecar().inboundPort() + "/"))
            .header("x-forwarded-client-cert", "Hash=forged")
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void theApplicationIsToldWhoCallsAndNothingThatTheCallerSaysOfIt() throws Exception {
    start("--tls-client-ca=" + ca.write(folder.resolve("ca.crt")), "--tls-client-auth=optional");
    try (HttpClient anonymous = client(null);
        HttpClient anna = client(ca.issue("anna", "spiffe://mesh/ns/default/sa/anna"))) {
      assertThat(get(anonymous).body()).isEqualTo("https null");
      for (int i = 0; i < 3; i++) {
        assertThat(get(anna).body())
            .matches(
                "https \\[Hash=[0-9a-f]{64};Subject=\"CN=anna\""
                    + ";URI=spiffe://mesh/ns/default/sa/anna]");
      }
    }
  }

  @Test
  void bigBodiesGoThroughBothWays() throws Exception {
    start();
    byte[] body = new byte[8 << 20];
    new Random(9).nextBytes(body);
    try (HttpClient client = client(null)) {
      HttpResponse<byte[]> answer =
          client.send(
              HttpRequest.newBuilder(
                      URI.create("https://127.0.0.1:" + sidecar().inboundPort() + "/echo"))
                  .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                  .build(),
              HttpResponse.BodyHandlers.ofByteArray());
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo(body);
    }
  }

  @Test
  void curlIsServed() throws Exception {
    start();
    Process curl;
    try {
      curl =
          new ProcessBuilder(
                  "curl",
                  "-sS",
                  "--cacert",
                  ca.write(folder.resolve("ca.crt")).toString(),
                  "https://localhost:" + sidecar().inboundPort() + "/")
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      assumeTrue(false, "no curl here");
      return;
    }
    assertThat(new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .isEqualTo("https null");
  }

  /** What is inside TLS is passed on as it is, if the application is declared to speak it. */
  @ParameterizedTest
  @ValueSource(strings = {"", "http/1.1"})
  void bytesAreServedInsideTls(String alpn) throws Exception {
    try (var echo = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      threads.submit(
          () -> {
            while (true) {
              Socket socket = echo.accept();
              threads.submit(
                  () -> {
                    try (socket) {
                      return socket.getInputStream().transferTo(socket.getOutputStream());
                    }
                  });
            }
          });
      start("--app-protocol=tcp", "--app-port=" + echo.getLocalPort());
      try (var socket =
          (SSLSocket)
              ca.sslContext(null)
                  .getSocketFactory()
                  .createSocket("127.0.0.1", sidecar().inboundPort())) {
        socket.setSoTimeout(20_000);
        if (!alpn.isEmpty()) {
          var parameters = socket.getSSLParameters();
          parameters.setApplicationProtocols(new String[] {alpn});
          socket.setSSLParameters(parameters);
        }
        socket.getOutputStream().write("\0\1hello".getBytes(StandardCharsets.US_ASCII));
        assertThat(socket.getInputStream().readNBytes(7))
            .isEqualTo("\0\1hello".getBytes(StandardCharsets.US_ASCII));
      }
    }
  }

  @Test
  void callersWithoutTlsAreToldWhatIsWantedOrServedWhereThatIsAllowed() throws Exception {
    start();
    assertThat(plain()).startsWith("HTTP/1.1 400 ").contains("TLS required", "TLS only");
    sidecar().close();
    start("--tls-plaintext=allow");
    assertThat(plain()).startsWith("HTTP/1.1 200 ").endsWith("http null");
  }

  private String plain() throws IOException {
    try (var socket = new Socket("127.0.0.1", sidecar().inboundPort())) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write(
              "GET / HTTP/1.1\r\nhost: app\r\nconnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\nconnection: close\r\n",
        "GET / HTTP/1.0\r\n",
        "POST /echo HTTP/1.0\r\ncontent-length: 0\r\n"
      })
  void anAnswerThatEndsTheConnectionEndsTlsFirst(String request) throws Exception {
    start();

    String seen = openssl(request + "host: app\r\n\r\n");

    assertThat(seen).contains("HTTP/1.1 200 OK", "close_notify").doesNotContain("unexpected eof");
  }

  /** To a caller of HTTP/1.0 the end of a body without a length is the connection's. */
  @Test
  void anAnswerThatIsCutDoesNotEndTls() throws Exception {
    try (var cutting = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      threads.submit(
          () -> {
            while (true) {
              try (Socket socket = cutting.accept()) {
                socket
                    .getOutputStream()
                    .write(
                        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\na part\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
              }
            }
          });
      start("--app-protocol=http", "--app-port=" + cutting.getLocalPort());

      String seen = openssl("GET / HTTP/1.0\r\nhost: app\r\n\r\n");

      assertThat(seen).contains("HTTP/1.1 200 OK").doesNotContain("close_notify");
    }
  }

  /** What openssl gets, and the messages of TLS by name. */
  private String openssl(String request) throws Exception {
    Process client;
    try {
      client =
          new ProcessBuilder(
                  "openssl",
                  "s_client",
                  "-quiet",
                  "-msg",
                  "-connect",
                  "127.0.0.1:" + sidecar().inboundPort())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      assumeTrue(false, "no openssl here");
      return "";
    }
    try {
      client.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      client.getOutputStream().flush();
      return new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } finally {
      client.destroyForcibly();
    }
  }

  @Test
  void certificatesAreReplacedUnderLoadWithoutAFailedRequest() throws Exception {
    start();
    var stop = new AtomicBoolean();
    var served = new AtomicInteger();
    var failures = new ArrayList<Throwable>();
    var callers = new ArrayList<Thread>();
    try (HttpClient kept = client(null)) {
      for (int i = 0; i < 4; i++) {
        boolean fresh = i % 2 == 0;
        callers.add(
            SocketThreads.start(
                () -> {
                  while (!stop.get()) {
                    try {
                      if (fresh) {
                        try (HttpClient once = client(null)) {
                          get(once);
                        }
                      } else {
                        get(kept);
                      }
                      served.incrementAndGet();
                    } catch (Exception e) {
                      synchronized (failures) {
                        failures.add(e);
                      }
                    }
                  }
                }));
      }
      await().atMost(LONG).until(() -> served.get() > 20);
      serverFiles();
      await().atMost(LONG).until(() -> metric("tls_inbound_certificate_update_success") == 1);
      int before = served.get();
      await().atMost(LONG).until(() -> served.get() > before + 20);
      Files.writeString(folder.resolve("server.key"), "nonsense");
      await().atMost(LONG).until(() -> metric("tls_inbound_certificate_update_rejected") == 1);
      int then = served.get();
      await().atMost(LONG).until(() -> served.get() > then + 20);
      stop.set(true);
      for (Thread caller : callers) {
        caller.join();
      }
    }
    assertThat(failures).isEmpty();
    assertThat(metric("tls_inbound_certificate_expiration_seconds"))
        .isGreaterThan(System.currentTimeMillis() / 1000.0);
  }

  private double metric(String name) {
    return sidecar()
        .telemetry()
        .scrape()
        .lines()
        .filter(line -> line.startsWith("weft_" + name))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  @Test
  void aBadFileIsSaidAtTheStart() throws Exception {
    Path crt = serverFiles();
    ca.issue("other").write(folder, "other");
    assertThatThrownBy(() -> start("--tls-key=" + folder.resolve("other.key")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("other.key: the key does not match the certificate in " + crt);
  }

  @Test
  void optionsThatDoNotFitTogetherAreRefused() {
    assertThatThrownBy(() -> start("--tls-client-auth=never"))
        .hasMessage("--tls-client-auth is \"never\": expected require or optional");
    assertThatThrownBy(() -> start("--tls-client-auth=require"))
        .hasMessage("--tls-client-auth is given without --tls-client-ca");
    assertThatThrownBy(() -> start("--tls-key="))
        .hasMessage("--tls-cert is given without --tls-key");
    assertThatThrownBy(() -> start("--client-key=a"))
        .hasMessage("--client-key is given without --client-cert");
  }
}
