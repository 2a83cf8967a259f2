package dev.weft.sidecar.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.CorsConfig;
import dev.weft.common.head.HeadView;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.http.TestHeads;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Preflights and marks, as the Fetch standard's CORS protocol and GEP-1767 have them. */
class CorsFilterTest {
  private static CorsConfig config(boolean credentials, String any, String... origins) {
    List<String> list = any.isEmpty() ? List.of() : List.of(any);
    return new CorsConfig(List.of(origins), credentials, list, list, List.of("x-served-by"), 600);
  }

  private static String response(CorsConfig config, HeadView request) {
    var plan = new HeadPlan();
    new CorsFilter(config).onResponse(request, plan);
    return TestHeads.lines(plan);
  }

  private static String preflight(CorsConfig config, String... lines) {
    HeadView request = TestHeads.request("OPTIONS", lines);
    var answer = new Filter.Answer();
    var filter = new CorsFilter(config);
    assertThat(filter.onRequest(request, answer)).isEqualTo(Filter.Decision.ANSWER);
    assertThat(answer.status()).isEqualTo(204);
    filter.onResponse(request, answer.plan());
    return TestHeads.lines(answer.plan());
  }

  @ParameterizedTest
  @CsvSource({
    "https://shop.example, https://shop.example, true",
    "https://shop.example, HTTPS://SHOP.EXAMPLE, true",
    "https://shop.example, http://shop.example, false",
    "https://shop.example, https://shop.example:8443, false",
    "https://shop.example, https://shop.example.evil, false",
    "https://*.example, https://a.b.example, true",
    "https://*.example, https://.example, false",
    "https://*.example, https://example, false",
    "https://*.example, https://evil/.example, false",
    "https://*.example:8443, https://a.example:8443, true",
    "https://*.example, https://a:1.example, false",
    "https://*, https://anything, true",
    "https://*, https://anything:1, false",
    "https://*, http://anything, false",
    "*, null, true",
    "https://shop.example, null, false",
  })
  void originsMatchWholeWithAWildcardInTheHost(String allowed, String origin, boolean matches) {
    String lines =
        response(config(true, "", allowed), TestHeads.request("GET", "origin: " + origin));
    assertThat(lines.contains("access-control-allow-origin: " + origin)).isEqualTo(matches);
    assertThat(lines).contains("vary: origin");
  }

  @Test
  void aResponseIsMarkedForAnAllowedOriginOnly() {
    CorsConfig config = config(false, "", "https://shop.example");
    assertThat(response(config, TestHeads.request("GET", "origin: https://shop.example")))
        .isEqualTo(
            """
            vary: origin\r
            access-control-allow-origin: https://shop.example\r
            access-control-expose-headers: x-served-by\r
            """);
    assertThat(response(config, TestHeads.request("GET", "origin: https://other.example")))
        .isEqualTo("vary: origin\r\n");
    assertThat(response(config, TestHeads.request("GET"))).isEqualTo("vary: origin\r\n");
  }

  @Test
  void anyOriginWithoutCredentialsNeedsNoVary() {
    assertThat(response(config(false, "", "*"), TestHeads.request("GET", "origin: https://a.b")))
        .startsWith("access-control-allow-origin: *\r\n");
  }

  @Test
  void whatTheApplicationSaysIsReplaced() {
    var plan = new HeadPlan();
    new CorsFilter(config(false, "", "*"))
        .onResponse(TestHeads.request("GET", "origin: https://a.b"), plan);
    HeadView own =
        TestHeads.response(200, "Access-Control-Allow-Origin: https://x.y", "content-type: a/b");
    assertThat(plan.drops(own, 0)).isTrue();
    assertThat(plan.drops(own, 1)).isFalse();
  }

  @Test
  void aGrpcWebClientMayReadTheStatus() {
    HeadView request =
        TestHeads.request(
            "POST", "origin: https://a.b", "content-type: application/grpc-web+proto");
    assertThat(response(config(false, "", "*"), request))
        .contains("access-control-expose-headers: x-served-by, grpc-status, grpc-message\r\n");
  }

  @Test
  void aPreflightIsAnsweredWithWhatIsAllowed() {
    var config =
        new CorsConfig(
            List.of("https://shop.example"),
            true,
            List.of("POST", "PUT"),
            List.of("x-grpc-web", "content-type"),
            List.of(),
            600);
    assertThat(
            preflight(
                config,
                "origin: https://shop.example",
                "access-control-request-method: POST",
                "access-control-request-headers: content-type"))
        .isEqualTo(
            """
            access-control-allow-methods: POST, PUT\r
            access-control-allow-headers: x-grpc-web, content-type\r
            access-control-max-age: 600\r
            vary: origin\r
            access-control-allow-origin: https://shop.example\r
            access-control-allow-credentials: true\r
            """);
  }

  @Test
  void aPreflightOfAnotherOriginIsAnsweredWithoutMarks() {
    assertThat(
            preflight(
                config(false, "*", "https://shop.example"),
                "origin: https://other.example",
                "access-control-request-method: POST"))
        .isEqualTo("vary: origin\r\n");
  }

  @Test
  void withCredentialsAWildcardIsAnEcho() {
    String[] asked = {
      "origin: https://shop.example",
      "access-control-request-method: DELETE",
      "access-control-request-headers: x-a, x-b"
    };
    assertThat(preflight(config(true, "*", "*"), asked))
        .contains("access-control-allow-methods: DELETE\r\n")
        .contains("access-control-allow-headers: x-a, x-b\r\n")
        .contains("access-control-allow-origin: https://shop.example\r\n");
    assertThat(preflight(config(false, "*", "*"), asked))
        .contains("access-control-allow-methods: *\r\n")
        .contains("access-control-allow-headers: *\r\n")
        .contains("access-control-allow-origin: *\r\n");
  }

  @Test
  void otherRequestsPass() {
    var filter = new CorsFilter(config(false, "*", "*"));
    var answer = new Filter.Answer();
    for (HeadView request :
        List.of(
            TestHeads.request("OPTIONS"),
            TestHeads.request("OPTIONS", "origin: https://a.b"),
            TestHeads.request("OPTIONS", "access-control-request-method: GET"),
            TestHeads.request(
                "GET", "origin: https://a.b", "access-control-request-method: GET"))) {
      assertThat(filter.onRequest(request, answer)).isEqualTo(Filter.Decision.CONTINUE);
    }
  }
}
