package dev.weft.controlplane.discovery;

import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.DiscoveryServiceGrpc;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/**
 * A stream over gRPC. gRPC's threads only hand over to the engine; requests are let in one by one.
 */
final class GrpcStreamCall implements StreamCall {
  /** Tells a sidecar whose stream it has. */
  private static final Metadata.Key<String> REPLICA =
      Metadata.Key.of("weft-replica", Metadata.ASCII_STRING_MARSHALLER);

  private final ServerCall<DiscoveryRequest, ResponseBytes> call;
  private final String replicaId;
  private boolean closed;

  private GrpcStreamCall(ServerCall<DiscoveryRequest, ResponseBytes> call, String replicaId) {
    this.call = call;
    this.replicaId = replicaId;
  }

  /** The service as generated, but for responses that are bytes already. */
  static ServerServiceDefinition service(DiscoveryEngine engine, String replicaId) {
    MethodDescriptor<DiscoveryRequest, ResponseBytes> method =
        DiscoveryServiceGrpc.getStreamResourcesMethod().toBuilder(
                DiscoveryServiceGrpc.getStreamResourcesMethod().getRequestMarshaller(),
                ResponseBytes.MARSHALLER)
            .build();
    ServiceDescriptor generated = DiscoveryServiceGrpc.getServiceDescriptor();
    ServiceDescriptor service =
        ServiceDescriptor.newBuilder(generated.getName())
            .setSchemaDescriptor(generated.getSchemaDescriptor())
            .addMethod(method)
            .build();
    return ServerServiceDefinition.builder(service)
        .addMethod(method, (call, _) -> start(engine, call, replicaId))
        .build();
  }

  private static ServerCall.Listener<DiscoveryRequest> start(
      DiscoveryEngine engine, ServerCall<DiscoveryRequest, ResponseBytes> call, String replicaId) {
    var transport = new GrpcStreamCall(call, replicaId);
    NodeStream stream = engine.open(transport);
    call.request(1);
    return new ServerCall.Listener<>() {
      @Override
      public void onMessage(DiscoveryRequest request) {
        engine.received(stream, request);
      }

      @Override
      public void onReady() {
        engine.ready(stream);
      }

      @Override
      public void onHalfClose() {
        engine.halfClosed(stream);
      }

      @Override
      public void onCancel() {
        engine.ended(stream);
      }

      @Override
      public void onComplete() {
        engine.ended(stream);
      }
    };
  }

  @Override
  public boolean isReady() {
    return call.isReady();
  }

  @Override
  public void accept() {
    var headers = new Metadata();
    headers.put(REPLICA, replicaId);
    call.sendHeaders(headers);
  }

  @Override
  public void send(ResponseBytes response) {
    call.sendMessage(response);
  }

  @Override
  public void requestNext() {
    call.request(1);
  }

  @Override
  public void close(Status status) {
    if (!closed) {
      closed = true;
      call.close(status, new Metadata());
    }
  }

  @Override
  public void reset(Status status) {
    if (!closed) {
      closed = true;
      call.sendMessage(ResponseBytes.cut(status));
    }
  }

  @Override
  public String peer() {
    SocketAddress remote = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    return remote instanceof InetSocketAddress address
        ? address.getHostString() + ":" + address.getPort()
        : String.valueOf(remote);
  }
}
