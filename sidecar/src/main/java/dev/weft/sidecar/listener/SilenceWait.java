package dev.weft.sidecar.listener;

import dev.weft.sidecar.telemetry.Bound;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Wakes the connections of a worker whose clients have said nothing for {@link Bound#SILENCE}. All
 * wait equally long, so the first to come is the first to be woken. Worker thread only.
 */
final class SilenceWait {
  private final EventLoop loop;
  private final LongSupplier nanoClock;
  private final ArrayDeque<DetectionHandler> waiting = new ArrayDeque<>();
  private boolean scheduled;

  SilenceWait(EventLoop loop, LongSupplier nanoClock) {
    this.loop = loop;
    this.nanoClock = nanoClock;
  }

  void add(DetectionHandler connection) {
    connection.wakeAt = nanoClock.getAsLong() + Bound.SILENCE.value();
    waiting.add(connection);
    schedule();
  }

  private void schedule() {
    if (!scheduled && !waiting.isEmpty()) {
      scheduled = true;
      loop.schedule(this::wake, Bound.SILENCE.value() / 2, TimeUnit.NANOSECONDS);
    }
  }

  private void wake() {
    scheduled = false;
    long now = nanoClock.getAsLong();
    for (var first = waiting.peek(); first != null && now - first.wakeAt >= 0; ) {
      waiting.remove();
      first.onSilence();
      first = waiting.peek();
    }
    schedule();
  }
}
