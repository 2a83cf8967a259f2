package dev.weft.sidecar.grpc;

import static dev.weft.sidecar.grpc.TwoSidecars.HOST;
import static dev.weft.sidecar.grpc.TwoSidecars.TLS_HOST;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weft.sidecar.grpc.TwoSidecars.Setup;
import dev.weft.testkit.Ports;
import dev.weft.testkit.TestCa;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * gRPC's own interoperability suite ({@code io.grpc:grpc-interop-testing}), its client and its
 * server as processes of their own with two sidecars between them. Of the client's cases these are
 * left out, each named in {@link #LEFT_OUT}, so that a case of a newer suite is missed by nobody.
 *
 * <p>They need an account of Google's cloud: {@code compute_engine_creds}, {@code
 * compute_engine_channel_credentials}, {@code service_account_creds}, {@code jwt_token_creds},
 * {@code oauth2_auth_token}, {@code per_rpc_creds}, {@code google_default_credentials}. gRPC's Java
 * server does not offer what they ask for, with or without a proxy: {@code cacheable_unary}
 * (UNIMPLEMENTED), {@code client_compressed_unary} and {@code client_compressed_streaming} (it does
 * not see that a message which should be compressed is not; their halves that do not probe for that
 * are run).
 */
class InteropTest {
  private static final List<String> CASES =
      List.of(
          "empty_unary",
          "large_unary",
          "client_compressed_unary_noprobe",
          "server_compressed_unary",
          "client_streaming",
          "client_compressed_streaming_noprobe",
          "server_streaming",
          "server_compressed_streaming",
          "ping_pong",
          "empty_stream",
          "custom_metadata",
          "status_code_and_message",
          "special_status_message",
          "unimplemented_method",
          "unimplemented_service",
          "cancel_after_begin",
          "cancel_after_first_response",
          "timeout_on_sleeping_server",
          "very_large_request",
          "pick_first_unary",
          "rpc_soak",
          "channel_soak",
          "orca_per_rpc",
          "orca_oob");

  private static final List<String> LEFT_OUT =
      List.of(
          "compute_engine_creds",
          "compute_engine_channel_credentials",
          "service_account_creds",
          "jwt_token_creds",
          "oauth2_auth_token",
          "per_rpc_creds",
          "google_default_credentials",
          "cacheable_unary",
          "client_compressed_unary",
          "client_compressed_streaming");

  private static final Path INTEROP = Path.of("..", "interop", "target");

  @TempDir Path folder;

  /** Where TLS is on the way from the client over two sidecars to the server. */
  enum Tls {
    NOWHERE,
    FROM_THE_CLIENT,
    BETWEEN_THE_SIDECARS
  }

  @ParameterizedTest
  @EnumSource(Tls.class)
  void everyCaseThatNeedsNoCloudPasses(Tls tls) throws Exception {
    assumeTrue(
        Files.exists(INTEROP.resolve("interop.classpath")),
        "left out: the module interop is not built (./weft test builds it)");
    switch (tls) {
      case NOWHERE -> run(Setup.BARE, "--use_tls=false", "--server_host_override=" + HOST);
      case BETWEEN_THE_SIDECARS ->
          run(
              Setup.mutualTls(new TestCa("mesh"), folder),
              "--use_tls=false",
              "--server_host_override=" + HOST);
      case FROM_THE_CLIENT ->
          run(
              new Setup(
                  List.of(
                      "--outbound-tls-cert=" + resource("server1.pem"),
                      "--outbound-tls-key=" + resource("server1.key")),
                  List.of(),
                  cluster -> {}),
              "--use_tls=true",
              "--use_test_ca=true",
              "--server_host_override=" + TLS_HOST);
    }
  }

  @Test
  void everyCaseOfTheSuiteIsRunOrNamed() throws Exception {
    assumeTrue(Files.exists(INTEROP.resolve("interop.classpath")), "left out, as above");
    assertThat(start("cases", "cases").waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(read("cases").lines().filter(line -> line.matches("[a-z0-9_]+")))
        .containsExactlyInAnyOrderElementsOf(
            Stream.concat(CASES.stream(), LEFT_OUT.stream()).toList());
  }

  private void run(Setup setup, String... clientArguments) throws Exception {
    int port = Ports.free();
    Process server = start("server", "server", String.valueOf(port), "--use_tls=false");
    try (var mesh = new TwoSidecars(folder.resolve("state"), route -> {}, setup, port)) {
      await().atMost(Duration.ofSeconds(60)).until(() -> listens(port) || !server.isAlive());
      assertThat(server.isAlive()).as(() -> read("server")).isTrue();
      List<String> arguments =
          new ArrayList<>(
              List.of(
                  "client",
                  String.join(",", CASES),
                  "--server_host=127.0.0.1",
                  "--server_port=" + mesh.outboundPort()));
      arguments.addAll(List.of(clientArguments));
      Process client = start("client", arguments.toArray(String[]::new));
      boolean ended = client.waitFor(5, TimeUnit.MINUTES);
      client.destroyForcibly();
      assertThat(ended).as(() -> "the client did not end: " + read("client")).isTrue();
      assertThat(read("client").lines().filter(line -> line.matches("(PASS|FAIL) .*")))
          .as(() -> read("client"))
          .containsExactlyElementsOf(CASES.stream().map(name -> "PASS " + name).toList());
    } finally {
      server.destroyForcibly().waitFor();
    }
  }

  /** One of gRPC's certificates for tests, out of the jar that has them. */
  private Path resource(String name) throws IOException {
    String classpath = Files.readString(INTEROP.resolve("interop.classpath")).strip();
    for (String jar : classpath.split(File.pathSeparator, -1)) {
      try (var zip = new ZipFile(jar)) {
        ZipEntry entry = zip.getEntry("certs/" + name);
        if (entry != null) {
          return Files.write(folder.resolve(name), zip.getInputStream(entry).readAllBytes());
        }
      }
    }
    throw new IOException("no jar has certs/" + name);
  }

  private Process start(String name, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                INTEROP.resolve("classes")
                    + File.pathSeparator
                    + Files.readString(INTEROP.resolve("interop.classpath")).strip(),
                "dev.weft.interop.InteropMain"));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve(name).toFile())
        .start();
  }

  private String read(String name) {
    try {
      return Files.readString(folder.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean listens(int port) {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }
}
