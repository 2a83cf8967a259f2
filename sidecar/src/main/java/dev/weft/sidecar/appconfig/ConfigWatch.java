package dev.weft.sidecar.appconfig;

import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A stream of server-sent events to one caller: first all values, then each change. It keeps no
 * events: what a caller is owed is the difference between what it was sent and what is in force, so
 * that one who reads slowly gets the newest and costs no more than the versions it has. Control
 * loop only.
 */
final class ConfigWatch {
  private static final long HEARTBEAT_MILLIS = Bound.CONFIG_HEARTBEAT.millis();
  private static final long STALLED_MILLIS = Bound.CONFIG_STALLED.millis();

  private final ChannelHandlerContext ctx;
  private final AppValues values;
  private final @Nullable String key;
  private final Consumer<Bound> reached;
  private final Runnable changed = this::changed;

  /** By key the version that was sent. */
  private final Map<String, String> sent = new HashMap<>();

  /** What may differ from what was sent, since the last change. */
  private final Queue<ConfigValue> toCompare = new ArrayDeque<>();

  private final Queue<String> toRemove = new ArrayDeque<>();
  private final ScheduledFuture<?> heartbeat;
  private boolean synced;
  private boolean wrote;
  private long unwritableMillis;

  /**
   * @param key the only one that is wanted; null: all
   */
  ConfigWatch(
      ChannelHandlerContext ctx, AppValues values, @Nullable String key, Consumer<Bound> reached) {
    this.ctx = ctx;
    this.values = values;
    this.key = key;
    this.reached = reached;
    heartbeat =
        ctx.executor()
            .scheduleWithFixedDelay(
                this::beat, HEARTBEAT_MILLIS, HEARTBEAT_MILLIS, TimeUnit.MILLISECONDS);
    values.watch(changed);
  }

  /** Sends what the caller is owed, as far as it reads. */
  void begin() {
    ctx.write(
        ByteBufUtil.writeAscii(
            ctx.alloc(),
            """
            HTTP/1.1 200 OK\r
            content-type: text/event-stream\r
            cache-control: no-store\r
            connection: close\r
            \r
            """));
    changed();
    ctx.flush();
  }

  void close() {
    heartbeat.cancel(false);
    values.unwatch(changed);
  }

  private void changed() {
    if (!values.known()) {
      return;
    }
    synced = false;
    toCompare.clear();
    toRemove.clear();
    List<ConfigValue> all = values.all();
    for (ConfigValue value : all) {
      if (key == null || key.equals(value.key())) {
        toCompare.add(value);
      }
    }
    for (String known : sent.keySet()) {
      if (values.get(known) == null) {
        toRemove.add(known);
      }
    }
    pump();
  }

  /** The caller has read, or something has changed. */
  void pump() {
    boolean any = false;
    while (!synced && values.known() && ctx.channel().isWritable()) {
      ConfigValue value = toCompare.poll();
      if (value != null) {
        if (!value.etag().equals(sent.put(value.key(), value.etag()))) {
          any = event("entry", ConfigText.entry(value));
        }
        continue;
      }
      String gone = toRemove.poll();
      if (gone != null) {
        sent.remove(gone);
        any = event("removed", ConfigText.removed(gone));
      } else {
        synced = true;
        any = event("synced", "{\"entries\":" + sent.size() + "}");
      }
    }
    if (any) {
      ctx.flush();
    }
  }

  private boolean event(String type, String data) {
    wrote = true;
    ctx.write(ByteBufUtil.writeUtf8(ctx.alloc(), "event: " + type + "\ndata: " + data + "\n\n"));
    return true;
  }

  /** So that either side notices when the other is gone. */
  private void beat() {
    if (!ctx.channel().isWritable()) {
      unwritableMillis += HEARTBEAT_MILLIS;
      if (unwritableMillis >= STALLED_MILLIS) {
        reached.accept(Bound.CONFIG_STALLED);
        ctx.close();
      }
      return;
    }
    unwritableMillis = 0;
    if (!wrote) {
      ctx.writeAndFlush(ByteBufUtil.writeAscii(ctx.alloc(), ":\n\n"));
    }
    wrote = false;
  }
}
