package dev.weft.controlplane.source.kubernetes.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Reads of the API server, as JSON. Blocks: for virtual threads. Safe from any. The client stays
 * its owner's to close.
 */
final class ApiServer {
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);
  private static final int MAX_ERROR_BYTES = 64 << 10;

  private final ObjectMapper json = new ObjectMapper();
  private final HttpClient http;
  private final String server;

  ApiServer(KubernetesClient client) {
    http = client.getHttpClient();
    String url = client.getMasterUrl().toString();
    server = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
  }

  /** The JSON text as a tree. */
  JsonNode parse(String text) throws JsonProcessingException {
    return json.readTree(text);
  }

  /** The JSON of a body. */
  JsonNode parse(InputStream body) throws IOException {
    return json.readTree(body);
  }

  /** Whether the API server says of itself that it knows all that it serves. */
  boolean ready() throws InterruptedException {
    try (InputStream body = open("/readyz")) {
      return true;
    } catch (ApiException | IOException e) {
      return false;
    }
  }

  /** The body of the answer to a GET, as it comes; to be closed. */
  InputStream open(String path) throws ApiException, InterruptedException {
    HttpRequest request =
        http.newHttpRequestBuilder().uri(URI.create(server + path)).forStreaming().build();
    CompletableFuture<HttpResponse<InputStream>> answer =
        http.sendAsync(request, InputStream.class);
    try {
      HttpResponse<InputStream> response = answer.get(ANSWER_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
      if (response.isSuccessful()) {
        return response.body();
      }
      throw refused(path, response);
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw unreached("no answer within " + ANSWER_TIMEOUT.toSeconds() + " s");
    } catch (ExecutionException e) {
      throw unreached(reason(e.getCause() == null ? e : e.getCause()));
    }
  }

  /** What an answer that broke off means. */
  ApiException cut(IOException failure) {
    return unreached("its answer broke off: " + reason(failure));
  }

  private ApiException unreached(String why) {
    return new ApiException(
        ApiException.UNREACHED,
        "the API server " + server + " is not reached: " + why,
        Duration.ZERO);
  }

  private ApiException refused(String path, HttpResponse<InputStream> response) {
    String said = "";
    try (InputStream body = response.body()) {
      byte[] text = body.readNBytes(MAX_ERROR_BYTES);
      said = json.readTree(text).path("message").asText("");
    } catch (IOException e) {
      // Then the code alone has to do.
    }
    String after = response.header("Retry-After");
    Duration wait =
        after != null && after.matches("[0-9]{1,4}")
            ? Duration.ofSeconds(Long.parseLong(after))
            : Duration.ZERO;
    return new ApiException(
        response.code(),
        "the API server "
            + server
            + " answers "
            + response.code()
            + " to GET "
            + path
            + ": "
            + said,
        wait);
  }

  /** The innermost message there is: what is around it says only that something failed. */
  private static String reason(Throwable failure) {
    String reason = failure.getClass().getSimpleName();
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof ConnectException) {
        return each.getMessage() == null ? "no connection" : each.getMessage();
      }
      if (each.getMessage() != null) {
        reason = each.getMessage();
      }
    }
    return reason;
  }
}
