package dev.weft.testkit;

import java.util.Locale;
import org.opentest4j.TestAbortedException;
import org.testcontainers.DockerClientFactory;

/**
 * Whether tests may use Docker here. Where it is expected ({@code WEFT_DOCKER=expected}, which
 * {@code ./weft test} sets in CI and wherever it found or made it possible) a test that finds none
 * fails; elsewhere it is left out and says so. Stateless.
 */
public final class DockerHere {
  private static final String VARIABLE = "WEFT_DOCKER";
  private static final String EXPECTED = "expected";

  private DockerHere() {}

  /**
   * Returns where Docker works.
   *
   * @throws IllegalStateException if it is expected and does not
   * @throws TestAbortedException if it is not expected and does not
   */
  public static void require() {
    if (works()) {
      return;
    }
    String word = System.getenv(VARIABLE);
    if (word != null && word.toLowerCase(Locale.ROOT).equals(EXPECTED)) {
      throw new IllegalStateException(
          VARIABLE
              + "="
              + EXPECTED
              + ", and Docker does not answer: look at 'docker info' and, where ./weft started it,"
              + " at .weft/docker.log; WEFT_DOCKER=off leaves these tests out");
    }
    throw new TestAbortedException(
        "left out: Docker does not run here (./weft test says how it is made possible)");
  }

  static boolean works() {
    return !"off".equals(System.getenv(VARIABLE))
        && DockerClientFactory.instance().isDockerAvailable();
  }
}
