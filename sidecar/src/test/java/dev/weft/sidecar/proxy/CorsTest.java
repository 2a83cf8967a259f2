package dev.weft.sidecar.proxy;

import static dev.weft.sidecar.proxy.GrpcText.call;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.CorsConfig;
import dev.weft.common.config.RetryConfig;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A browser's questions about another origin: answered here, and every response marked. */
class CorsTest {
  @Test
  void aPreflightIsAnsweredHereAndEveryResponseIsMarked() {
    try (var proxy = new ProxyFixture();
        var origin = Origin.named("well")) {
      proxy.route.cors =
          new CorsConfig(List.of("https://a.b"), false, List.of(), List.of(), List.of(), 5);
      proxy.route.retry = RetryConfig.NEVER;
      proxy.serve("catalog", origin);
      String from = "Host: catalog\r\nOrigin: https://a.b\r\n";
      try (var client = proxy.client(proxy.outbound())) {
        var preflight =
            client
                .send(
                    "OPTIONS / HTTP/1.1\r\n" + from + "Access-Control-Request-Method: GET\r\n\r\n")
                .read();
        assertThat(preflight.status()).isEqualTo(204);
        assertThat(preflight.header("access-control-allow-origin")).isEqualTo("https://a.b");
        assertThat(preflight.header("access-control-allow-methods")).isEqualTo("GET, HEAD, POST");
        assertThat(origin.requests).isEmpty();
        var response = client.send("GET / HTTP/1.1\r\n" + from + "\r\n").read();
        assertThat(response.body()).isEqualTo("well");
        assertThat(response.header("access-control-allow-origin")).isEqualTo("https://a.b");
        origin.close();
        var failure = client.send("GET / HTTP/1.1\r\n" + from + "\r\n").read();
        assertThat(failure.status()).isEqualTo(503);
        assertThat(failure.body()).contains("\"flag\":\"U");
        assertThat(failure.header("access-control-allow-origin")).isEqualTo("https://a.b");
        var grpc = client.send(call("Origin: https://a.b")).read();
        assertThat(grpc.header("grpc-status")).isEqualTo("14");
        assertThat(grpc.header("access-control-allow-origin")).isEqualTo("https://a.b");
      }
    }
  }
}
