package dev.weft.soak.mesh;

import dev.weft.common.config.ReleaseShare;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/**
 * An entry of the applications' configuration, as each application is given it by its own sidecar.
 * Main thread only.
 */
public final class Settings implements AutoCloseable {
  /** Of the entry. */
  public static final String KEY = "soak.setting";

  /** What every application has while nothing is released. */
  static final String STEADY = "steady";

  /** What some have while it is. */
  static final String RELEASED = "released";

  private static final Duration LIMIT = Duration.ofSeconds(5);

  private final SoakMesh mesh;
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(LIMIT).build();

  public Settings(SoakMesh mesh) {
    this.mesh = mesh;
  }

  /**
   * What every instance should have, by its id.
   *
   * @param percent to how many of them the new value is released
   */
  public Map<String, String> expected(int percent) {
    Map<String, String> expected = new TreeMap<>();
    for (String id : mesh.instances().keySet()) {
      expected.put(id, ReleaseShare.has(KEY, id, percent) ? RELEASED : STEADY);
    }
    return expected;
  }

  /** What every instance has, by its id; of one that is given nothing, why. */
  public Map<String, String> present() {
    Map<String, String> present = new TreeMap<>();
    mesh.configPorts().forEach((id, port) -> present.put(id, value(port)));
    return present;
  }

  private String value(int port) {
    try {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/config/" + KEY))
                  .timeout(LIMIT)
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      return answer.statusCode() == 200
          ? answer.body()
          : "port " + port + " answers " + answer.statusCode();
    } catch (IOException e) {
      return "port " + port + " does not answer: " + e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public void close() {
    http.close();
  }
}
