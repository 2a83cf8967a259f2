package dev.weft.controlplane.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.weft.controlplane.validate.KnownObjects;
import dev.weft.controlplane.webhook.AdmissionServer.Parts;
import dev.weft.controlplane.webhook.injection.InjectionConfig;
import dev.weft.controlplane.webhook.injection.Json;
import dev.weft.controlplane.webhook.injection.Pods;
import dev.weft.testkit.TestCa;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server over real TLS, as the API server and others may talk to it. */
class AdmissionServerTest {
  private static final String POD =
      """
      {"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"shop"},
       "spec":{"containers":[{"name":"web","image":"web:1"}]}}""";

  private final TestCa ca = new TestCa("webhook CA");
  private final ReplacedKeys keys = new ReplacedKeys(ca.issue("weft", "localhost", "127.0.0.1"));
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final InjectorInForce inForce =
      new InjectorInForce(InjectionConfig.standard("weft-sidecar:1"));
  private AdmissionServer server;

  @TempDir private Path folder;

  @BeforeEach
  void start() throws IOException {
    server =
        AdmissionServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            keys,
            new Parts(
                inForce,
                namespace -> Map.of("weft.dev/inject", "enabled"),
                () -> KnownObjects.NOTHING,
                PodEffects.NONE),
            meters);
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void curl_gets_a_pod_injected() throws Exception {
    Path request = Files.writeString(folder.resolve("review.json"), review("Pod", "CREATE", POD));
    Path trusted = Files.writeString(folder.resolve("ca.crt"), ca.certificatePem());
    Process curl =
        new ProcessBuilder(
                "curl",
                "--silent",
                "--show-error",
                "--fail",
                "--max-time",
                "30",
                "--cacert",
                trusted.toString(),
                "--header",
                "content-type: application/json",
                "--data-binary",
                "@" + request,
                "https://localhost:" + server.port() + "/inject?timeout=10s")
            .redirectError(folder.resolve("err").toFile())
            .start();
    String answer = new String(curl.getInputStream().readAllBytes(), UTF_8);
    assertThat(curl.waitFor()).as(Files.readString(folder.resolve("err"))).isZero();

    JsonObject response = Json.object(Json.parse(answer), "response");
    assertThat(Json.text(response, "uid")).isEqualTo("u-1");
    assertThat(Json.text(response, "allowed")).isEqualTo("true");
    assertThat(Json.text(response, "patchType")).isEqualTo("JSONPatch");
    JsonObject pod = Pods.patched(Json.parse(POD), patch(response)).getAsJsonObject();
    assertThat(Json.objects(pod, "spec", "initContainers"))
        .extracting(container -> Json.text(container, "name"))
        .containsExactly("weft-sidecar", "weft-init");
    assertThat(meters.get("weft.admission.reviews").tag("result", "patched").timer().count())
        .isEqualTo(1);
  }

  @Test
  void it_answers_itself_first_and_counts_only_others() throws Exception {
    await().atMost(Duration.ofMinutes(1)).until(server::warm);

    assertThat(post(WarmUp.INJECT, review("Pod", "CREATE", POD)).statusCode()).isEqualTo(404);
    assertThat(post(WarmUp.VALIDATE, review("Pod", "CREATE", POD)).statusCode()).isEqualTo(404);
    assertThat(meters.getMeters()).isEmpty();
  }

  @Test
  void who_does_not_answer_is_not_waited_for() throws Exception {
    try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var address = new InetSocketAddress(silent.getInetAddress(), silent.getLocalPort());
      CompletableFuture<Void> asked =
          CompletableFuture.runAsync(() -> assertThatThrownBy(() -> WarmUp.run(address)));
      silent.accept().close();

      asked.get(1, TimeUnit.MINUTES);
    }
  }

  @Test
  void a_new_configuration_holds_for_the_next_pod_and_a_wrong_one_for_none() throws Exception {
    inForce.update("image: weft-sidecar:2");
    assertThat(image(response(post("/inject", review("Pod", "CREATE", POD)))))
        .isEqualTo("weft-sidecar:2");

    inForce.update("image: weft-sidecar:3\nresorces: {}");

    assertThat(inForce.problem()).contains("did you mean \"resources\"?");
    assertThat(image(response(post("/inject", review("Pod", "CREATE", POD)))))
        .isEqualTo("weft-sidecar:2");
  }

  @Test
  void a_pod_that_is_refused_is_denied_with_the_reasons() throws Exception {
    String pod = POD.replace("\"name\":\"web\",\"image\"", "\"name\":\"weft-init\",\"image\"");

    JsonObject response = response(post("/inject", review("Pod", "CREATE", pod)));

    assertThat(Json.text(response, "allowed")).isEqualTo("false");
    assertThat(Json.text(response, "status", "message"))
        .contains("spec.containers[0].name is \"weft-init\"")
        .contains("weft.dev/inject=disabled");
  }

  @Test
  void a_pod_that_goes_without_is_allowed_with_a_warning() throws Exception {
    String pod = POD.replace("\"spec\":{", "\"spec\":{\"hostNetwork\":true,");

    JsonObject response = response(post("/inject", review("Pod", "CREATE", pod)));

    assertThat(Json.text(response, "allowed")).isEqualTo("true");
    assertThat(response.getAsJsonArray("warnings").get(0).getAsString())
        .startsWith("no sidecar: spec.hostNetwork is true");
    JsonObject became = Pods.patched(Json.parse(pod), patch(response)).getAsJsonObject();
    assertThat(Json.texts(became, "metadata", "annotations"))
        .containsEntry("weft.dev/status", "skipped");
  }

  @Test
  void what_is_no_new_pod_is_allowed_as_it_is() throws Exception {
    JsonObject update = response(post("/inject", review("Pod", "UPDATE", POD)));
    assertThat(Json.text(update, "allowed")).isEqualTo("true");
    assertThat(update.has("patch")).isFalse();
  }

  @Test
  void a_route_is_denied_with_its_fields() throws Exception {
    String route =
        """
        {"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute",
         "metadata":{"name":"r","namespace":"shop"},
         "spec":{"parentRefs":[{"kind":"Service","group":"","name":"web"}],
           "rules":[{"matches":[{"path":{"type":"Exact","value":"relative"}}],
                     "backendRefs":[{"name":"web","port":80}]}]}}""";

    JsonObject response = response(post("/validate", review("HTTPRoute", "CREATE", route)));

    assertThat(Json.text(response, "allowed")).isEqualTo("false");
    assertThat(Json.text(response, "status", "message"))
        .contains("spec.rules[0].matches[0].path.value");
  }

  @Test
  void what_is_no_review_is_refused() throws Exception {
    assertThat(post("/inject", "{}").statusCode()).isEqualTo(400);
    assertThat(post("/inject", "not json").statusCode()).isEqualTo(400);
    assertThat(post("/inject", "[".repeat(100_000)).statusCode()).isEqualTo(400);
    assertThat(post("/inject", "x".repeat(AdmissionServer.MAX_BODY_BYTES + 1)).statusCode())
        .isEqualTo(413);
    assertThat(post("/other", "{}").statusCode()).isEqualTo(404);
    HttpResponse<String> get =
        client()
            .send(HttpRequest.newBuilder(uri("/inject")).GET().build(), BodyHandlers.ofString());
    assertThat(get.statusCode()).isEqualTo(405);
    assertThat(get.headers().firstValue("allow")).contains("POST");
  }

  @Test
  void a_certificate_that_was_replaced_is_shown_to_the_next_connection() throws Exception {
    X509Certificate before = shown();
    assertThat(shown()).isEqualTo(before);

    keys.replace(ca.issue("weft", "localhost", "127.0.0.1"));

    assertThat(shown()).isNotEqualTo(before);
    assertThat(post("/inject", review("Pod", "CREATE", POD)).statusCode()).isEqualTo(200);
  }

  @Test
  void who_does_not_trust_us_does_not_talk_to_us() {
    HttpClient stranger = HttpClient.newHttpClient();
    assertThatThrownBy(
            () ->
                stranger.send(
                    HttpRequest.newBuilder(uri("/inject")).build(), BodyHandlers.ofString()))
        .isInstanceOf(SSLException.class);
  }

  @Test
  void a_body_that_does_not_come_ends_its_connection_and_nobody_elses() throws Exception {
    SSLContext context = ca.sslContext(null);
    try (Socket slow =
        context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), server.port())) {
      OutputStream out = slow.getOutputStream();
      out.write("POST /inject HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{".getBytes(UTF_8));
      out.flush();
      assertThat(post("/inject", review("Pod", "CREATE", POD)).statusCode()).isEqualTo(200);

      slow.setSoTimeout(60_000);
      InputStream in = slow.getInputStream();
      assertThat(read(in)).isEqualTo(-1);
    }
  }

  /** The end of the stream, however it comes. */
  private static int read(InputStream in) throws IOException {
    try {
      return in.read();
    } catch (SSLException e) {
      return -1;
    }
  }

  private X509Certificate shown() throws IOException {
    try (SSLSocket socket =
        (SSLSocket)
            ca.sslContext(null)
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), server.port())) {
      return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    }
  }

  private URI uri(String path) {
    return URI.create("https://localhost:" + server.port() + path);
  }

  private HttpClient client() {
    return HttpClient.newBuilder()
        .sslContext(ca.sslContext(null))
        .version(HttpClient.Version.HTTP_1_1)
        .build();
  }

  private HttpResponse<String> post(String path, String body)
      throws IOException, InterruptedException {
    try (HttpClient client = client()) {
      return client.send(
          HttpRequest.newBuilder(uri(path))
              .timeout(Duration.ofSeconds(60))
              .header("content-type", "application/json")
              .POST(BodyPublishers.ofString(body))
              .build(),
          BodyHandlers.ofString());
    }
  }

  private static JsonObject response(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return Json.object(Json.parse(answer.body()), "response");
  }

  private static String image(JsonObject response) {
    JsonObject pod = Pods.patched(Json.parse(POD), patch(response)).getAsJsonObject();
    List<JsonObject> all = Json.objects(pod, "spec", "initContainers");
    return Json.text(all.getFirst(), "image");
  }

  private static JsonArray patch(JsonObject response) {
    byte[] bytes = Base64.getDecoder().decode(Json.text(response, "patch"));
    return JsonParser.parseString(new String(bytes, UTF_8)).getAsJsonArray();
  }

  static String review(String kind, String operation, String object) {
    return "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"u-1\","
        + "\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\""
        + kind
        + "\"},\"namespace\":\"shop\",\"operation\":\""
        + operation
        + "\",\"object\":"
        + object
        + "}}";
  }
}
