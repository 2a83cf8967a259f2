package dev.weft.sidecar.relay;

import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.RetryConfig;
import dev.weft.sidecar.cluster.Cluster;
import dev.weft.sidecar.codec.Buffers;
import dev.weft.sidecar.codec.ServerConnection;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.proxyprotocol.CallerAddress;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Logs;
import dev.weft.sidecar.telemetry.RequestRecord;
import dev.weft.sidecar.telemetry.WorkerCounter;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A caller's connection and one to an endpoint, with bytes going through both ways until both sides
 * have ended. An endpoint that cannot be reached is replaced by another one, as the retry policy
 * says, as long as nothing can have been delivered. Worker thread only.
 *
 * <p>A relay may begin as an attempt: the upstream is dialled, but unless it speaks first, or
 * {@link #commit} is called, the relay can still be given up without a trace.
 */
public final class Relay implements ServerConnection {
  private static final System.Logger LOG = Logs.of(Relay.class);

  private final Relays relays;
  private final Destination destination;
  private final RequestRecord record;
  private final RelayAttempts attempts;
  private final RelayEnd down = new RelayEnd(this);
  private @Nullable RelayEnd up;
  private @Nullable ByteBuf pending;
  private @Nullable Runnable onCommitted;
  private long idleNanos;
  private long lastActive;
  private boolean committed;
  private boolean ending;
  private boolean downGone;
  private boolean upGone;
  private boolean over;
  private int place;

  /**
   * @param authority what was asked for, for the access log; empty: nothing was
   * @param protocol a constant for the access log
   */
  public Relay(Relays relays, Destination destination, String authority, String protocol) {
    this.relays = relays;
    this.destination = destination;
    this.record = relays.telemetry.newRecord();
    this.attempts = new RelayAttempts(this, relays, record);
    this.idleNanos = relays.limits.idleTimeoutNanos();
    record.begin(relays.direction, relays.epochMicros.getAsLong(), relays.nanoClock.getAsLong());
    record.protocol(protocol);
    record.authority(authority);
  }

  /** The handler for the caller's connection; dialling begins when it is added. */
  public ChannelHandler handler() {
    return down;
  }

  /**
   * Only an attempt so far.
   *
   * @param whenCommitted run when the upstream speaks first, before its bytes are passed on
   */
  public void attemptOnly(Runnable whenCommitted) {
    onCommitted = whenCommitted;
  }

  /** The connection is a relay's for good. */
  public void commit() {
    if (committed || over) {
      return;
    }
    committed = true;
    onCommitted = null;
    relays.connections.opened(this);
    relays.connections.relayStarted();
  }

  /** Gives an attempt up: the upstream's connection is closed, the caller's is as if new. */
  public void abandon() {
    onCommitted = null;
    over = true;
    destination.forget();
    down.part();
    if (up != null) {
      up.part();
      up.context().close();
    }
    attempts.end();
    down.context().pipeline().remove(down);
  }

  void onAdded(RelayEnd end) {
    if (end != down) {
      return;
    }
    lastActive = relays.connections.now();
    if (record.keepsText()) {
      record.remote(CallerAddress.source(down.context().channel()));
    }
    down.context().channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    if (onCommitted == null) {
      commit();
    }
    destination.find(this);
  }

  // Connecting.

  /** Connects to an endpoint of a cluster; names are for the access log. */
  public void connect(Cluster to, String route, RetryConfig policy) {
    if (over) {
      return;
    }
    long idle = to.config().tcpIdleTimeoutNanos();
    if (idle != ClusterConfig.DEFAULT_IDLE) {
      idleNanos = idle;
    }
    record.route(route, to.name());
    attempts.begin(to, policy);
  }

  /** There is nowhere to go. */
  public void refuse(Failure failure, String detail) {
    if (over) {
      return;
    }
    LOG.log(
        System.Logger.Level.DEBUG, "{0} connection refused: {1}", relays.direction.label(), detail);
    commit();
    record.flags(attempts.count() > 1 ? failure.exhaustedFlags() : failure.flag());
    down.reset();
  }

  /** An end for the next attempt. */
  RelayEnd newUp() {
    var end = new RelayEnd(this);
    up = end;
    return end;
  }

  /** Whether an attempt's end is still the one that is waited for. */
  boolean awaits(RelayEnd end) {
    return up == end && !over;
  }

  /** The attempt that was waited for has failed. */
  void parted() {
    down.part();
    up = null;
    upGone = false;
  }

  /** The attempt that was waited for has a connection. */
  void connected(RelayEnd end) {
    RelayEnd.join(down, end);
    ByteBuf first = pending;
    pending = null;
    if (first != null) {
      end.write(first);
    }
    // A header may wait there, too.
    end.context().flush();
    if (down.inputClosed()) {
      end.closeOutput();
    }
    down.read(end.context().channel().isWritable());
  }

  /** The caller's connection. */
  Channel caller() {
    return down.context().channel();
  }

  // Bytes.

  void onBytes(RelayEnd from, int count) {
    lastActive = relays.connections.now();
    if (from == down) {
      relays.add(WorkerCounter.TCP_RX_BYTES, count);
      return;
    }
    relays.add(WorkerCounter.TCP_TX_BYTES, count);
    if (from.bytes == count) {
      attempts.answered();
      Runnable first = onCommitted;
      if (first != null) {
        commit();
        first.run();
      }
    }
  }

  /** Bytes of the caller's before there is an upstream. */
  void hold(ByteBuf data) {
    if (over) {
      data.release();
      return;
    }
    ByteBuf before = pending;
    pending = before == null ? data : Buffers.join(before, data, down.context().alloc());
    down.read(false);
  }

  // Ends.

  void onInputClosed(RelayEnd from) {
    if (from == down) {
      if (up != null && up.isJoined()) {
        up.closeOutput();
      }
      // Else it is passed on as soon as there is an upstream.
    } else {
      if (!down.inputClosed()) {
        // If it was only an attempt: the server does not want the connection, and that is an
        // answer.
        commit();
      }
      down.closeOutput();
    }
  }

  void onException(RelayEnd at, Throwable cause) {
    if (!(cause instanceof IOException)) {
      LOG.log(System.Logger.Level.ERROR, "A relayed connection is closed after an error", cause);
    }
  }

  void onClosed(RelayEnd end, boolean orderly) {
    if (over) {
      return;
    }
    if (end == down) {
      downGone = true;
      if (!orderly && !ending) {
        ending = true;
        record.flagsIfNone(Failure.CALLER_GONE.flag());
        if (up != null) {
          up.reset();
        }
      }
    } else if (end == up && end.isJoined()) {
      upGone = true;
      if (!orderly && !ending) {
        upReset(end);
      }
    }
    if (downGone && (up == null || upGone || !up.isJoined())) {
      finish();
    }
  }

  /** The endpoint, or its sidecar, has cut the connection. */
  private void upReset(RelayEnd gone) {
    if (gone.bytes == 0) {
      attempts.cut();
      if (down.bytes == 0 && !down.inputClosed()) {
        // Nothing can have been delivered.
        parted();
        if (attempts.again()) {
          return;
        }
      }
    }
    ending = true;
    commit();
    record.flagsIfNone(Failure.UPSTREAM_RESET.flag());
    down.reset();
  }

  private void finish() {
    over = true;
    onCommitted = null;
    destination.forget();
    if (up != null && !upGone) {
      up.context().close();
    }
    if (pending != null) {
      pending.release();
      pending = null;
    }
    attempts.end();
    if (!committed) {
      return;
    }
    relays.connections.relayEnded();
    relays.connections.closed(this);
    record.attempts(attempts.count());
    record.bytesReceived(down.bytes);
    record.bytesSent(up == null ? 0 : up.bytes);
    relays.telemetry.relayed(record, relays.nanoClock.getAsLong());
  }

  // For the list of connections.

  @Override
  public void tick(long nanoTime) {
    if (idleNanos != 0 && nanoTime - lastActive > idleNanos) {
      relays.reached(Bound.TCP_IDLE);
      record.flags(Failure.TUNNEL_IDLE.flag());
      end();
    }
  }

  /** A relay is never idle: nobody knows whether its protocol waits for something. */
  @Override
  public void closeIfIdle() {}

  @Override
  public void closeNow() {
    record.flags(Failure.DRAINED.flag());
    end();
  }

  private void end() {
    ending = true;
    if (up != null && up.isJoined()) {
      up.context().close();
    }
    down.context().close();
  }

  @Override
  public int place() {
    return place;
  }

  @Override
  public void place(int to) {
    place = to;
  }
}
