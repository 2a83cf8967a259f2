package dev.weft.controlplane.app;

import dev.weft.controlplane.limit.CallGate;
import dev.weft.controlplane.limit.PeerLimit;
import io.grpc.BindableService;
import io.grpc.ServerCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The gRPC server as it bounds what comes over a connection, before any service is asked. */
final class GrpcPort {
  private static final int RESETS_WINDOW_SECONDS = 10;

  /** Somewhat more than what our own check allows, which says so better. */
  private static final int MESSAGE_SLACK = 1 << 20;

  /** Silence until a ping, as sidecars have it. */
  private static final long PING = TimeUnit.SECONDS.toNanos(10);

  /** How long gRPC has to close a silent connection by itself, and to say why. */
  private static final long FAREWELL = TimeUnit.SECONDS.toNanos(1);

  /** Writes a stack for each connection on which somebody speaks something else than HTTP/2. */
  private static final Logger NOISE =
      Logger.getLogger("io.grpc.netty.shaded.io.grpc.netty.NettyServerTransport.connections");

  static {
    NOISE.setLevel(Level.WARNING);
  }

  private GrpcPort() {}

  /**
   * A server with health and reflection, and no service of ours.
   *
   * @param gate stands before all other interceptors: it has to be added last
   */
  static NettyServerBuilder builder(
      InetSocketAddress address,
      ServerCredentials credentials,
      CallGate gate,
      HealthStatusManager health) {
    long silence = PeerLimit.CONNECTION_SILENCE.value();
    return NettyServerBuilder.forAddress(
            address,
            SilentConnections.closedAfter(
                silence + FAREWELL, PeerLimit.CONNECTION_UNACKED.value(), credentials))
        .addService(health.getHealthService())
        .addService(ProtoReflectionServiceV1.newInstance())
        .addService(olderReflection())
        .addTransportFilter(gate)
        .addStreamTracerFactory(gate.answers())
        .maxInboundMessageSize(PeerLimit.MESSAGE.intValue() + MESSAGE_SLACK)
        .maxInboundMetadataSize(PeerLimit.METADATA.intValue())
        .maxConcurrentCallsPerConnection(PeerLimit.CONNECTION_CALLS.intValue())
        .maxConnectionIdle(PeerLimit.CONNECTION_IDLE.value(), TimeUnit.NANOSECONDS)
        .maxRstFramesPerWindow(
            PeerLimit.CONNECTION_RESETS.intValue() * RESETS_WINDOW_SECONDS, RESETS_WINDOW_SECONDS)
        .handshakeTimeout(PeerLimit.CONNECTION_SETUP.value(), TimeUnit.NANOSECONDS)
        .permitKeepAliveTime(PeerLimit.CONNECTION_PINGS.value(), TimeUnit.NANOSECONDS)
        .permitKeepAliveWithoutCalls(true)
        .keepAliveTime(PING, TimeUnit.NANOSECONDS)
        .keepAliveTimeout(silence - PING, TimeUnit.NANOSECONDS);
  }

  /** The version of reflection that clients in other languages still ask for. */
  @SuppressWarnings("deprecation")
  private static BindableService olderReflection() {
    return ProtoReflectionService.newInstance();
  }
}
