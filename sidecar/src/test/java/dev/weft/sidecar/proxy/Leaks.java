package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Collects what Netty's leak detector (paranoid in tests) reports. */
public final class Leaks {
  // A strong reference, without which the handler would go with its logger.
  private static final Logger DETECTOR = Logger.getLogger("io.netty.util.ResourceLeakDetector");
  private static final List<String> REPORTS = new CopyOnWriteArrayList<>();

  static {
    DETECTOR.addHandler(
        new Handler() {
          @Override
          public void publish(LogRecord entry) {
            if (entry.getMessage() != null && entry.getMessage().contains("LEAK")) {
              REPORTS.add(entry.getMessage());
            }
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        });
  }

  private Leaks() {}

  public static void assertNone() {
    assertThat(REPORTS).isEmpty();
  }
}
