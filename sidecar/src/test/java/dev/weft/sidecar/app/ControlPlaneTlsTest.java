package dev.weft.sidecar.app;

import static dev.weft.sidecar.FakeControlPlane.inbound;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.sidecar.FakeControlPlane;
import dev.weft.testkit.TestCa;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sidecar and a control plane that know each other: by an authority, and by a token. */
final class ControlPlaneTlsTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final String REFUSAL = "the token of somebody else; expected one of this mesh";

  private final TestCa ca = new TestCa("mesh");
  private final List<@Nullable String> shown = new CopyOnWriteArrayList<>();
  private final HttpClient http = HttpClient.newHttpClient();
  private @Nullable Sidecar sidecar;
  private FakeControlPlane controlPlane;

  @TempDir private Path folder;

  @BeforeEach
  void start() {
    Path certificate = ca.issue("weft", "weft.example").write(folder, "server");
    controlPlane =
        new FakeControlPlane(
            builder ->
                builder
                    .useTransportSecurity(
                        certificate.toFile(), folder.resolve("server.key").toFile())
                    .intercept(new Tokens()));
    controlPlane.put(inbound("frontend"));
  }

  @AfterEach
  void stop() {
    if (sidecar != null) {
      sidecar.close();
    }
    controlPlane.close();
    http.close();
  }

  @Test
  void theTokenIsReadAnewForEachStream() throws Exception {
    Path token = Files.writeString(folder.resolve("token"), "good-1\n");
    start(ca.write(folder.resolve("ca.crt")), "weft.example", token);
    await().atMost(LONG).untilAsserted(() -> assertThat(ready()).startsWith("200 "));
    assertThat(shown).contains("Bearer good-1");

    Files.writeString(token, "good-2\n");
    controlPlane.kill();
    shown.clear();
    controlPlane.start();
    await().atMost(LONG).until(() -> shown.contains("Bearer good-2"));
    assertThat(shown).doesNotContain("Bearer good-1");
  }

  @Test
  void aTokenThatIsRefusedIsSaidWithTheRemedy() throws Exception {
    Path token = folder.resolve("token");
    start(ca.write(folder.resolve("ca.crt")), "weft.example", token);
    awaitReady("no token to show: --token-file " + token + " does not exist");
    Files.writeString(token, "bad");
    awaitReady("UNAUTHENTICATED " + REFUSAL);
    Files.writeString(token, "good");
    await().atMost(LONG).untilAsserted(() -> assertThat(ready()).startsWith("200 "));
  }

  @Test
  void aControlPlaneOfAnotherAuthorityGetsNothingUntilItIsBelieved() throws Exception {
    Path believed = new TestCa("another").write(folder.resolve("ca.crt"));
    Path token = Files.writeString(folder.resolve("token"), "good");
    start(believed, "weft.example", token);
    awaitReady("signed by an authority that is not trusted: CN=mesh");
    assertThat(shown).isEmpty();

    // As kubelet does it: another file, renamed onto the old one.
    Files.move(ca.write(folder.resolve("new")), believed, StandardCopyOption.REPLACE_EXISTING);
    await().atMost(LONG).untilAsserted(() -> assertThat(ready()).startsWith("200 "));
  }

  @Test
  void aControlPlaneOfAnotherNameGetsNothing() throws Exception {
    Path token = Files.writeString(folder.resolve("token"), "good");
    start(ca.write(folder.resolve("ca.crt")), null, token);
    awaitReady("its certificate is for weft.example: expected 127.0.0.1");
    assertThat(shown).isEmpty();
  }

  @Test
  void aSidecarThatSpeaksNoTlsIsToldWhatIsMissing() throws Exception {
    sidecar = Sidecars.start(controlPlane, "frontend", List.of());
    awaitReady("if it speaks TLS, --control-plane-ca FILE is missing");
  }

  @Test
  void aFileThatIsNoAuthorityIsSaidAtTheStart() throws Exception {
    Path nothing = Files.writeString(folder.resolve("ca.crt"), "nothing");
    assertThatThrownBy(() -> start(nothing, null, null))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("ca.crt: holds no certificate");
  }

  private void start(Path believed, @Nullable String name, @Nullable Path token)
      throws IOException {
    List<String> flags = new ArrayList<>();
    flags.add("--control-plane-ca=" + believed);
    if (name != null) {
      flags.add("--control-plane-name=" + name);
    }
    if (token != null) {
      flags.add("--token-file=" + token);
    }
    sidecar = Sidecars.start(controlPlane, "frontend", flags);
  }

  private void awaitReady(String reason) {
    await()
        .atMost(LONG)
        .untilAsserted(() -> assertThat(ready()).startsWith("503 ").contains(reason));
  }

  private String ready() throws IOException, InterruptedException {
    Sidecar started = sidecar;
    if (started == null) {
      throw new IllegalStateException("not started");
    }
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + started.adminPort() + "/ready"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    return answer.statusCode() + " " + answer.body().strip();
  }

  /** Notes what is shown, and lets in whoever shows something good. */
  private final class Tokens implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      String token =
          headers.get(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER));
      shown.add(token);
      if (token == null || !token.startsWith("Bearer good")) {
        call.close(Status.UNAUTHENTICATED.withDescription(REFUSAL), new Metadata());
        return new ServerCall.Listener<>() {};
      }
      return next.startCall(call, headers);
    }
  }
}
