package dev.weft.sidecar.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.common.config.UpstreamTlsConfig;
import dev.weft.common.config.UpstreamTlsConfig.TlsVersion;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.Telemetry;
import dev.weft.sidecar.telemetry.WorkerTelemetry;
import dev.weft.sidecar.tls.certificate.FileWatch;
import dev.weft.testkit.SocketThreads;
import dev.weft.testkit.TestCa;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections to the JDK's TLS server. */
final class OriginationTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private final TestCa ca = new TestCa("authority");
  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Telemetry telemetry = new Telemetry(null);
  private final WorkerTelemetry worker = telemetry.newWorker();
  private final FileWatch watch = new FileWatch();
  private ClientContexts contexts = new ClientContexts(InstantSource.system());
  private @Nullable ServerSocket server;

  @TempDir private Path folder;

  @AfterEach
  void close() throws IOException {
    contexts.close();
    if (server != null) {
      server.close();
    }
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }

  /** A server that says for every line whom it sees. */
  private void serve(SSLContext context, boolean clientAuth, String... versions)
      throws IOException {
    var listening =
        (SSLServerSocket)
            context
                .getServerSocketFactory()
                .createServerSocket(0, 10, InetAddress.getLoopbackAddress());
    listening.setNeedClientAuth(clientAuth);
    if (versions.length > 0) {
      listening.setEnabledProtocols(versions);
    }
    serve(listening);
  }

  private void serve(ServerSocket listening) {
    server = listening;
    SocketThreads.start(
        () -> {
          while (!listening.isClosed()) {
            try {
              Socket socket = listening.accept();
              SocketThreads.start(() -> talk(socket));
            } catch (IOException e) {
              return;
            }
          }
        });
  }

  private static void talk(Socket socket) {
    try (socket) {
      while (socket.getInputStream().read() >= 0) {
        String whom = "nobody";
        if (socket instanceof SSLSocket secured) {
          try {
            whom = secured.getSession().getPeerPrincipal().getName();
          } catch (SSLPeerUnverifiedException e) {
            // Nobody.
          }
        }
        socket.getOutputStream().write(whom.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
      }
    } catch (IOException e) {
      // The client went away, or was sent away.
    }
  }

  private UpstreamTlsConfig config(String name, String... altNames) {
    return new UpstreamTlsConfig(
        name, List.of(altNames), ca.certificatePem(), false, TlsVersion.TLS_1_2);
  }

  /** What the server answers, or why there is no connection. */
  private String ask(UpstreamTlsConfig config) {
    return ask(config, 10_000);
  }

  private String ask(UpstreamTlsConfig config, long timeoutMillis) {
    contexts.update(Set.of(config));
    ClientTls tls = Objects.requireNonNull(contexts.find(config));
    var answer = new CompletableFuture<String>();
    var address = new InetSocketAddress("127.0.0.1", Objects.requireNonNull(server).getLocalPort());
    ChannelFuture connecting =
        new Bootstrap()
            .group(group)
            .channel(NioSocketChannel.class)
            .handler(new ChannelInboundHandlerAdapter())
            .connect(address);
    Channel channel = connecting.channel();
    tls.secure(connecting, address, Offer.NOTHING, timeoutMillis, worker, Direction.OUTBOUND)
        .addListener(
            done -> {
              if (done.cause() instanceof TlsConnectException e) {
                answer.complete((e.timeout() ? "timeout: " : "failed: ") + e.getMessage());
              } else {
                channel.pipeline().addLast(new Listening(answer));
                channel.writeAndFlush(ByteBufUtil.writeUtf8(channel.alloc(), "x"));
              }
            });
    String said = answer.orTimeout(60, TimeUnit.SECONDS).join();
    channel.close().syncUninterruptibly();
    return said;
  }

  private static final class Listening extends ChannelInboundHandlerAdapter {
    private final CompletableFuture<String> answer;

    Listening(CompletableFuture<String> answer) {
      this.answer = answer;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ByteBuf in = (ByteBuf) message;
      answer.complete(in.toString(StandardCharsets.UTF_8));
      in.release();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      answer.complete("exception: " + cause.getMessage());
      context.close();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "a.example,a.example,",
    "A.Example,a.example,",
    "*.b.example,a.b.example,",
    "b.example,a.example,b.example",
    "spiffe://mesh/a,a.example,spiffe://mesh/a",
    "127.0.0.1,a.example,127.0.0.1"
  })
  void aServerOfTheRightNameIsBelieved(String shown, String host, @Nullable String expected)
      throws IOException {
    serve(ca.sslContext(ca.issue("server", shown)), false);
    assertThat(ask(expected == null ? config(host) : config(host, expected))).isEqualTo("nobody");
  }

  @ParameterizedTest
  @CsvSource({
    "b.example,a.example,",
    "*.example,a.b.example,",
    "*.example,example,",
    "a.example,a.example,spiffe://mesh/a"
  })
  void aServerOfAnotherNameIsNot(String shown, String host, @Nullable String expected)
      throws IOException {
    serve(ca.sslContext(ca.issue("server", shown)), false);
    assertThat(ask(expected == null ? config(host) : config(host, expected)))
        .isEqualTo(
            "failed: the server was not accepted: its certificate is for "
                + shown
                + ": expected "
                + (expected == null ? host : expected));
    await()
        .atMost(LONG)
        .until(() -> telemetry.scrape().contains("upstream_tls_connection_error_total"));
  }

  @Test
  void anUnknownAuthorityIsNamed() throws IOException {
    var other = new TestCa("somebody");
    serve(other.sslContext(other.issue("server", "a.example")), false);
    assertThat(ask(config("a.example")))
        .isEqualTo(
            "failed: the server was not accepted: its certificate (CN=server) is signed by an"
                + " authority that is not trusted: CN=somebody; trusted are those of the policy's"
                + " caCertificates");
  }

  @Test
  void anExpiredCertificateIsSaidToBe() throws IOException {
    Instant past = Instant.ofEpochSecond(Instant.now().getEpochSecond() - 60);
    serve(ca.sslContext(ca.issue(past.minusSeconds(60), past, "server", "a.example")), false);
    assertThat(ask(config("a.example")))
        .isEqualTo(
            "failed: the server was not accepted: its certificate (CN=server) expired on " + past);
  }

  @Test
  void theSmallestVersionHolds() throws IOException {
    serve(ca.sslContext(ca.issue("server", "a.example")), false, "TLSv1.2");
    assertThat(ask(config("a.example"))).isEqualTo("nobody");
    assertThat(
            ask(
                new UpstreamTlsConfig(
                    "a.example", List.of(), ca.certificatePem(), false, TlsVersion.TLS_1_3)))
        .isEqualTo("failed: the server refused our TLS versions");
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void sessionsAreTakenUpAgain(String version) throws IOException {
    serve(ca.sslContext(ca.issue("server", "a.example")), false, version);
    for (int i = 0; i < 3; i++) {
      assertThat(ask(config("a.example"))).isEqualTo("nobody");
    }
    assertThat(counted("weft_upstream_tls_handshake_total")).isEqualTo(3);
    assertThat(counted("weft_upstream_tls_session_reused_total")).isEqualTo(2);
  }

  private double counted(String name) {
    return telemetry
        .scrape()
        .lines()
        .filter(line -> line.startsWith(name) && line.contains("outbound"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void weShowWhoWeAreAndANewCertificateWhenThereIsOne(String version) throws Exception {
    Path crt = ca.issue("anna").write(folder, "own");
    contexts.close();
    contexts =
        new ClientContexts(
            new ClientTlsFiles(crt, folder.resolve("own.key")), watch, InstantSource.system());
    serve(ca.sslContext(ca.issue("server", "a.example")), true, version);
    var mutual =
        new UpstreamTlsConfig(
            "a.example", List.of(), ca.certificatePem(), true, TlsVersion.TLS_1_2);
    assertThat(ask(mutual)).isEqualTo("CN=anna");
    Files.writeString(crt, "nonsense");
    watch.look();
    watch.look();
    assertThat(contexts.reloadFailures()).isOne();
    assertThat(ask(mutual)).isEqualTo("CN=anna");
    ca.issue("berta").write(folder, "own");
    watch.look();
    watch.look();
    assertThat(contexts.reloads()).isOne();
    assertThat(ask(mutual)).isEqualTo("CN=berta");
  }

  @Test
  void withoutACertificateThatIsWantedItIsSaidWhatIsMissing() throws IOException {
    serve(ca.sslContext(ca.issue("server", "a.example")), true, "TLSv1.3");
    assertThat(
            ask(
                new UpstreamTlsConfig(
                    "a.example", List.of(), ca.certificatePem(), true, TlsVersion.TLS_1_2)))
        .isEqualTo(
            "failed: this sidecar has no client certificate: start it with --client-cert and"
                + " --client-key");
    // In TLS 1.3 the server says so only after the client's handshake is done.
    assertThat(ask(config("a.example")))
        .isEqualTo("exception: the server wants a client certificate and got none");
  }

  @Test
  void aServerThatSpeaksNoTlsIsSaidTo() throws IOException {
    serve(new ServerSocket(0, 10, InetAddress.getLoopbackAddress()));
    assertThat(ask(config("a.example"))).isEqualTo("failed: the server does not speak TLS");
  }

  @Test
  void aServerThatIsSilentRunsIntoTheTimeout() throws IOException {
    server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    assertThat(ask(config("a.example"), 200)).isEqualTo("timeout: the handshake took too long");
  }
}
