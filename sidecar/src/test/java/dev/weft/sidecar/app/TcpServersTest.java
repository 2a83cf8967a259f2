package dev.weft.sidecar.app;

import static dev.weft.sidecar.FakeControlPlane.host;
import static dev.weft.sidecar.FakeControlPlane.inbound;
import static dev.weft.sidecar.FakeControlPlane.unknownHost;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weft.testkit.Ports;
import dev.weft.testkit.SocketThreads;
import dev.weft.testkit.TestCa;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Protocols other than HTTP through the caller's and the server's sidecar, as they are started in
 * earnest, with servers and clients that we did not write.
 */
final class TcpServersTest extends ServersFixture {
  /** The sidecar in front of a server. */
  private Sidecar server(int appPort, String... more) throws IOException {
    controlPlane.put(inbound("db"));
    var flags = new ArrayList<>(List.of("--app-port=" + appPort));
    flags.addAll(List.of(more));
    Sidecar sidecar = start("db", flags);
    controlPlane.service("db", sidecar.inboundPort());
    return sidecar;
  }

  /** The port at which the caller's sidecar leads to the server. */
  private int caller(int appPort) throws IOException {
    server(appPort);
    return start("web", List.of("--tcp-listen=0=db:80")).tcpPorts().getFirst();
  }

  /** What a program prints; it has to succeed. */
  private static String output(String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(new File("/dev/null"))
            .start();
    // Ends the reading below, too.
    process
        .onExit()
        .orTimeout(60, TimeUnit.SECONDS)
        .exceptionally(
            late -> {
              process.destroy();
              return process;
            });
    String printed = new String(process.getInputStream().readAllBytes(), US_ASCII);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(printed).isZero();
    return printed;
  }

  @Test
  void redis() throws Exception {
    needs("redis-server");
    needs("redis-cli");
    int port = Ports.free();
    runs(
        new ProcessBuilder(
            "redis-server", "--port", "" + port, "--bind", "127.0.0.1", "--save", ""));
    awaitPort(port);
    String through = String.valueOf(caller(port));
    assertThat(output("redis-cli", "-p", through, "PING").strip()).isEqualTo("PONG");
    assertThat(output("redis-cli", "-p", through, "SET", "a", "b").strip()).isEqualTo("OK");
    String script =
        "for i=1,2000 do redis.call('SET','k'..i,string.rep('v',1000)) end"
            + " return redis.call('DBSIZE')";
    assertThat(output("redis-cli", "-p", through, "EVAL", script, "0").strip()).isEqualTo("2001");
    // Many at once, many in flight, from the vendor's own load generator.
    if (has("redis-benchmark")) {
      assertThat(
              output(
                  "redis-benchmark",
                  "-p",
                  through,
                  "-q",
                  "-c",
                  "20",
                  "-P",
                  "8",
                  "-n",
                  "4000",
                  "-t",
                  "set,get",
                  "-d",
                  "1000"))
          .contains("SET", "GET")
          .doesNotContainIgnoringCase("error");
    }
  }

  @Test
  void postgresql() throws Exception {
    needs("psql");
    Path programs = postgresPrograms();
    assumeTrue(programs != null, "no PostgreSQL server is installed: left out");
    boolean root = "root".equals(System.getProperty("user.name"));
    assumeTrue(!root || has("runuser"), "PostgreSQL does not run as root: left out");
    Path data = Files.createTempDirectory("weft-pg");
    closeLater(() -> output("rm", "-rf", data.toString()));
    var as = root ? List.of("runuser", "-u", "postgres", "--") : List.<String>of();
    if (root) {
      output("chown", "postgres", data.toString());
    }
    int port = Ports.free();
    output(with(as, programs + "/initdb", "-D", data + "/db", "-U", "weft", "-A", "trust"));
    runs(
        new ProcessBuilder(
            with(
                as,
                programs + "/postgres",
                "-D",
                data + "/db",
                "-p",
                "" + port,
                "-h",
                "127.0.0.1",
                "-k",
                data.toString())));
    closeLater(
        () ->
            output(with(as, programs + "/pg_ctl", "stop", "-D", data + "/db", "-m", "immediate")));
    awaitPort(port);
    int through = caller(port);
    String uri = "postgresql://weft@127.0.0.1:" + through + "/postgres";
    await()
        .atMost(LONG)
        .ignoreExceptionsMatching(e -> e instanceof AssertionError)
        .until(() -> output("psql", uri, "-Atc", "select 6*7").strip().equals("42"));
    assertThat(output("psql", uri, "-Atc", "select repeat('x', 5000000)").strip())
        .hasSize(5_000_000);
    assertThat(
            output(
                "psql",
                uri,
                "-Atc",
                "create table t(a int); insert into t select generate_series(1, 10000);"
                    + " select sum(a) from t"))
        .contains("50005000");
  }

  private static String[] with(List<String> first, String... rest) {
    var all = new ArrayList<>(first);
    all.addAll(List.of(rest));
    return all.toArray(String[]::new);
  }

  private static @Nullable Path postgresPrograms() throws IOException {
    Path versions = Path.of("/usr/lib/postgresql");
    if (!Files.isDirectory(versions)) {
      return null;
    }
    try (var all = Files.list(versions)) {
      return all.map(version -> version.resolve("bin"))
          .filter(bin -> Files.isExecutable(bin.resolve("postgres")))
          .findFirst()
          .orElse(null);
    }
  }

  /** Nobody has declared what it speaks: both sidecars find out, the server's by its silence. */
  @Test
  void aServerThatSpeaksFirst() throws Exception {
    try (var smtp = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      SocketThreads.start(
          () -> {
            while (!smtp.isClosed()) {
              try (Socket one = smtp.accept()) {
                one.getOutputStream().write("220 mail.example ESMTP\r\n".getBytes(US_ASCII));
                String line = lines(one).readLine();
                one.getOutputStream().write(("250 " + line + "\r\n").getBytes(US_ASCII));
              } catch (IOException e) {
                // A probe that has left, or the end.
              }
            }
          });
      try (var client = new Socket("127.0.0.1", caller(smtp.getLocalPort()))) {
        client.setSoTimeout(20_000);
        BufferedReader in = lines(client);
        assertThat(in.readLine()).isEqualTo("220 mail.example ESMTP");
        client.getOutputStream().write("EHLO weft\r\n".getBytes(US_ASCII));
        assertThat(in.readLine()).isEqualTo("250 EHLO weft");
        assertThat(in.readLine()).isNull();
      }
    }
  }

  private static BufferedReader lines(Socket socket) throws IOException {
    return new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII));
  }

  /** TLS goes where its hello names, and nobody on the way can read it. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void tlsByServerName(boolean ownPort) throws Exception {
    var ca = new TestCa("authority");
    var own = ca.issue("db", "db.example");
    try (var tls =
        ca.sslContext(own)
            .getServerSocketFactory()
            .createServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      SocketThreads.start(
          () -> {
            while (!tls.isClosed()) {
              try (Socket one = tls.accept()) {
                one.getOutputStream().write((lines(one).readLine() + "!\n").getBytes(US_ASCII));
              } catch (IOException e) {
                // A client that was refused, or the end.
              }
            }
          });
      server(tls.getLocalPort());
      int port = ownPort ? 8443 : 443;
      controlPlane.put(host("db.example:" + port, "db"), unknownHost("other.example:" + port));
      Sidecar caller = start("web", List.of("--tcp-listen=0=*:8443"));
      int through = ownPort ? caller.tcpPorts().getFirst() : caller.outboundPort();
      try (SSLSocket client = tlsClient(ca, through, "db.example")) {
        client.getOutputStream().write("hello\n".getBytes(US_ASCII));
        assertThat(lines(client).readLine()).isEqualTo("hello!");
        assertThat(client.getSession().getPeerCertificates()[0]).isEqualTo(own.certificate());
      }
      for (String name : new String[] {"other.example", ""}) {
        assertThatThrownBy(() -> tlsClient(ca, through, name).close())
            .as(name)
            .isInstanceOf(IOException.class);
      }
    }
  }

  /** With the handshake done. */
  private static SSLSocket tlsClient(TestCa ca, int port, String name) throws IOException {
    var plain = new Socket("127.0.0.1", port);
    plain.setSoTimeout(20_000);
    var client =
        (SSLSocket)
            ca.sslContext(null).getSocketFactory().createSocket(plain, "127.0.0.1", port, true);
    var parameters = client.getSSLParameters();
    parameters.setServerNames(name.isEmpty() ? List.of() : List.of(new SNIHostName(name)));
    client.setSSLParameters(parameters);
    client.startHandshake();
    return client;
  }

  /** HAProxy in front says who calls, in either version. */
  @ParameterizedTest
  @ValueSource(strings = {"send-proxy", "send-proxy-v2", "send-proxy-v2-ssl-cn"})
  void haproxyTellsWhoCalls(String how) throws Exception {
    Path log = folder.resolve("access.log");
    try (var app = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      Sidecar sidecar =
          server(
              app.getLocalPort(),
              "--app-protocol=tcp",
              "--proxy-protocol-from=127.0.0.1",
              "--access-log=" + log);
      int front =
          haproxy(
              "tcp",
              """
              listen front
                bind 127.0.0.1:%%d
                server sidecar 127.0.0.1:%d %s
              """
                  .formatted(sidecar.inboundPort(), how));
      try (var client = new Socket()) {
        client.connect(new InetSocketAddress("127.0.0.1", front));
        client.getOutputStream().write("hello\n".getBytes(US_ASCII));
        String seen = "\"downstream_remote_address\":\"127.0.0.1:" + client.getLocalPort() + "\"";
        app.setSoTimeout(20_000);
        String heard = "";
        while (!"hello".equals(heard)) {
          // What awaitPort and the probe of the application have opened comes by here, too.
          try (Socket accepted = app.accept()) {
            heard = lines(accepted).readLine();
          } catch (SocketException e) {
            heard = "";
          }
        }
        client.close();
        await().atMost(LONG).untilAsserted(() -> assertThat(Files.readString(log)).contains(seen));
      }
    }
  }
}
