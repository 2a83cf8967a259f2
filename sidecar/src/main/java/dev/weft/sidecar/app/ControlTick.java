package dev.weft.sidecar.app;

import dev.weft.sidecar.app.memory.DirectMemory;
import dev.weft.sidecar.app.memory.Heap;
import dev.weft.sidecar.app.memory.MemoryWatch;
import dev.weft.sidecar.check.HealthChecker;
import dev.weft.sidecar.proxy.InboundApp;
import dev.weft.sidecar.registration.AppProbe;
import dev.weft.sidecar.telemetry.Logs;
import io.netty.buffer.PooledByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * What the control loop does every 100 ms: turns the workers' reports into health, checks
 * endpoints, looks after the application when a connect to it was refused, and watches memory.
 */
final class ControlTick implements Runnable {
  private static final System.Logger LOG = Logs.of(ControlTick.class);

  private final Sidecar sidecar;
  private final HealthChecker checker;
  private final @Nullable InboundApp app;
  private final @Nullable AppProbe probe;
  private final MemoryWatch memory;
  private long seenConnectFailures;

  ControlTick(
      Sidecar sidecar, HealthChecker checker, @Nullable InboundApp app, @Nullable AppProbe probe) {
    this.sidecar = sidecar;
    this.checker = checker;
    this.app = app;
    this.probe = probe;
    this.memory =
        new MemoryWatch(
            new DirectMemory(PooledByteBufAllocator.DEFAULT, sidecar.memory().directBytes()),
            new Heap(),
            sidecar.overload(),
            System::nanoTime);
  }

  @Override
  public void run() {
    try {
      sidecar.clusters().fold();
      checker.tick();
      probeAfterRefusal();
      memory.watch();
      sidecar.readiness().tell();
    } catch (RuntimeException e) {
      // An executor would drop the task for good.
      LOG.log(System.Logger.Level.ERROR, "the control loop's tick failed", e);
    }
  }

  private void probeAfterRefusal() {
    if (app != null && probe != null) {
      long failures = app.connectFailures();
      if (failures != seenConnectFailures) {
        seenConnectFailures = failures;
        probe.probe();
      }
    }
  }
}
