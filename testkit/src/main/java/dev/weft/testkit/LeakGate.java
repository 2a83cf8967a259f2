package dev.weft.testkit;

import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import io.netty.util.ResourceLeakTracker;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test class after which something that Netty counts had become garbage before it was
 * released. JUnit finds it by itself, so it guards every class of a module that has the test kit;
 * the detection has to be paranoid, or it sees one buffer in many.
 */
public final class LeakGate implements BeforeAllCallback, AfterAllCallback {
  private static final Queue<String> REPORTS = new ConcurrentLinkedQueue<>();
  private static final List<Detector<?>> DETECTORS = new CopyOnWriteArrayList<>();
  private static volatile boolean tracked;

  static {
    // Before anything of Netty's asks for its detector.
    ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(new Detectors());
  }

  /** JUnit makes it. */
  public LeakGate() {}

  @Override
  public void beforeAll(ExtensionContext context) {
    // Only there so that this class, with its factory, is initialised before those under test.
  }

  @Override
  public void afterAll(ExtensionContext context) throws InterruptedException {
    check();
  }

  /**
   * Collects garbage and looks at what was among it; returns at once when nothing was counted since
   * the last time.
   *
   * @throws AssertionError something was not released: what, and where it was made and touched
   */
  static void check() throws InterruptedException {
    if (tracked) {
      // References are handed over one after the other: when the second turn's is there, all of the
      // first turn's are.
      collect();
      collect();
      DETECTORS.forEach(Detector::report);
      tracked = false;
    }
    var leaks = new StringBuilder();
    for (String report = REPORTS.poll(); report != null; report = REPORTS.poll()) {
      leaks.append(report).append('\n');
    }
    if (!leaks.isEmpty()) {
      throw new AssertionError("garbage that had not been released:\n" + leaks);
    }
  }

  private static void collect() throws InterruptedException {
    var queue = new ReferenceQueue<Object>();
    var canary = new WeakReference<>(new Object(), queue);
    try {
      do {
        System.gc();
      } while (queue.remove(100) == null);
    } finally {
      Reference.reachabilityFence(canary);
    }
  }

  private static final class Detectors extends ResourceLeakDetectorFactory {
    @Override
    @SuppressWarnings("deprecation")
    public <T> ResourceLeakDetector<T> newResourceLeakDetector(
        Class<T> resource, int samplingInterval, long maxActive) {
      return newResourceLeakDetector(resource, samplingInterval);
    }

    @Override
    public <T> ResourceLeakDetector<T> newResourceLeakDetector(
        Class<T> resource, int samplingInterval) {
      var detector = new Detector<T>(resource, samplingInterval);
      DETECTORS.add(detector);
      return detector;
    }
  }

  private static final class Detector<T> extends ResourceLeakDetector<T> {
    Detector(Class<T> resource, int samplingInterval) {
      super(resource, samplingInterval);
    }

    /** Netty asks whenever it begins to count something. */
    @Override
    protected boolean needReport() {
      tracked = true;
      return true;
    }

    @Override
    protected void reportTracedLeak(String resourceType, String records) {
      REPORTS.add(resourceType + records);
    }

    @Override
    protected void reportUntracedLeak(String resourceType) {
      REPORTS.add(resourceType);
    }

    /** It reports what is garbage when it begins to count something. */
    @SuppressWarnings("unchecked")
    void report() {
      T token = (T) new Object();
      ResourceLeakTracker<T> tracker = track(token);
      if (tracker != null) {
        tracker.close(token);
      }
    }
  }
}
