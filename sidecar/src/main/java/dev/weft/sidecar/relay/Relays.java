package dev.weft.sidecar.relay;

import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.sidecar.cluster.Cluster;
import dev.weft.sidecar.cluster.EndpointTracker;
import dev.weft.sidecar.codec.ServerConnections;
import dev.weft.sidecar.proxyprotocol.CallerAddress;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.WorkerCounter;
import dev.weft.sidecar.telemetry.WorkerTelemetry;
import dev.weft.sidecar.tls.ClientContexts;
import dev.weft.sidecar.tls.Offer;
import dev.weft.sidecar.upstream.Connector;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import java.util.function.LongSupplier;

/** What all relays of one worker and direction share. Worker thread only. */
public final class Relays {
  final int worker;
  final Direction direction;
  final WorkerTelemetry telemetry;
  final ServerConnections connections;
  final RelayLimits limits;
  final LongSupplier nanoClock;
  final LongSupplier epochMicros;
  private final Connector connector;

  /**
   * @param worker the worker's index, from 0
   * @param connections where the callers' connections are looked after
   * @param channelType of the event loop's kind
   */
  public Relays(
      int worker,
      Direction direction,
      ServerConnections connections,
      EventLoop eventLoop,
      Class<? extends Channel> channelType,
      ByteBufAllocator allocator,
      RelayLimits limits,
      WorkerTelemetry telemetry,
      LongSupplier nanoClock,
      LongSupplier epochMicros) {
    this.worker = worker;
    this.direction = direction;
    this.connections = connections;
    this.limits = limits;
    this.telemetry = telemetry;
    this.nanoClock = nanoClock;
    this.epochMicros = epochMicros;
    this.connector = new Connector(eventLoop, channelType, allocator, true, telemetry, direction);
  }

  /** Secures connections by these; before the first connection. */
  public void secure(ClientContexts with) {
    connector.secure(with);
  }

  /**
   * Connects an end to an endpoint, over TLS where the cluster is secured. A header that its
   * cluster wants is queued, but not flushed.
   *
   * @param caller his connection
   */
  ChannelFuture connect(Cluster to, EndpointTracker endpoint, RelayEnd end, Channel caller) {
    ClusterConfig rules = to.config();
    if (rules.tls() != null) {
      end.secured();
    }
    return connector.connect(
        end,
        endpoint.address(),
        rules.limits().connectTimeoutNanos(),
        rules.proxyProtocol(),
        rules.proxyProtocol() == ProxyProtocol.OFF ? null : CallerAddress.toTell(caller),
        rules.tls(),
        Offer.NOTHING);
  }

  void count(WorkerCounter counter) {
    telemetry.count(counter, direction);
  }

  void reached(Bound bound) {
    telemetry.reached(bound, direction);
  }

  void add(WorkerCounter counter, long delta) {
    telemetry.add(counter, direction, delta);
  }
}
