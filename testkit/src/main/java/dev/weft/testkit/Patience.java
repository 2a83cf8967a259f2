package dev.weft.testkit;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Has every test wait a minute for a condition where it says nothing else, instead of Awaitility's
 * ten seconds: a machine that has too much to do, or a slow disk, makes nothing wrong. Found by
 * JUnit itself.
 */
public final class Patience implements BeforeAllCallback {
  private static final Duration DEFAULT = Duration.ofMinutes(1);

  @Override
  public void beforeAll(ExtensionContext context) {
    Awaitility.setDefaultTimeout(DEFAULT);
  }
}
