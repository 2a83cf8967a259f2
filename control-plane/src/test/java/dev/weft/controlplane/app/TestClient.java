package dev.weft.controlplane.app;

import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.DiscoveryResponse;
import dev.weft.proto.discovery.v1.DiscoveryServiceGrpc;
import dev.weft.proto.discovery.v1.Node;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.ResourceName;
import dev.weft.proto.discovery.v1.VirtualHost;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.proto.registry.v1.KeepAliveRequest;
import dev.weft.proto.registry.v1.ListInstancesRequest;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A client of one control plane over gRPC, with one instance: catalog-0 of default/catalog. */
record TestClient(ManagedChannel channel) implements AutoCloseable {
  private static final int ANSWER_SECONDS = 60;

  static TestClient of(ControlPlane controlPlane) {
    return new TestClient(
        Grpc.newChannelBuilder(
                "127.0.0.1:" + controlPlane.grpcPort(), InsecureChannelCredentials.create())
            .build());
  }

  /** Registers the instance; returns its incarnation. */
  String register() {
    Instance instance =
        Instance.newBuilder()
            .setId("catalog-0")
            .setNamespace("default")
            .setService("catalog")
            .setAddress("127.0.0.1")
            .addPorts(InstancePort.newBuilder().setServicePort(80).setPort(8080))
            .build();
    return registry()
        .register(RegisterRequest.newBuilder().setInstance(instance).build())
        .getIncarnation();
  }

  /** A heartbeat of the instance. */
  static KeepAliveRequest heartbeat(String incarnation) {
    return KeepAliveRequest.newBuilder()
        .setNamespace("default")
        .setId("catalog-0")
        .setIncarnation(incarnation)
        .build();
  }

  /** The ids of a service's instances, or of all of the namespace default if it is empty. */
  List<String> instances(String service) {
    return registry()
        .listInstances(
            ListInstancesRequest.newBuilder().setNamespace("default").setService(service).build())
        .getInstancesList()
        .stream()
        .map(Instance::getId)
        .toList();
  }

  /** The addresses of a service's instances, in order. */
  List<String> endpoints(String namespace, String service) {
    return registry()
        .listInstances(
            ListInstancesRequest.newBuilder().setNamespace(namespace).setService(service).build())
        .getInstancesList()
        .stream()
        .map(Instance::getAddress)
        .sorted()
        .toList();
  }

  /**
   * What a sidecar of that namespace would be sent for a host, at the end of what leads to it.
   *
   * @param host as in {@code catalog:80}
   */
  VirtualHost virtualHost(String namespace, String host) {
    var answer = new CompletableFuture<VirtualHost>();
    StreamObserver<DiscoveryRequest> requests =
        DiscoveryServiceGrpc.newStub(channel)
            .streamResources(
                new StreamObserver<>() {
                  @Override
                  public void onNext(DiscoveryResponse response) {
                    response.getResourcesList().stream()
                        .filter(Resource::hasVirtualHost)
                        .forEach(each -> answer.complete(each.getVirtualHost()));
                  }

                  @Override
                  public void onError(Throwable failure) {
                    answer.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {}
                });
    requests.onNext(
        DiscoveryRequest.newBuilder()
            .setNode(Node.newBuilder().setId("test").setNamespace(namespace))
            .addSubscribe(
                ResourceName.newBuilder()
                    .setKind(ResourceKind.VIRTUAL_HOST)
                    .setName(namespace + '/' + host))
            .build());
    try {
      return answer.orTimeout(ANSWER_SECONDS, TimeUnit.SECONDS).join();
    } finally {
      requests.onCompleted();
    }
  }

  /** The health of a gRPC service, or of the whole if it is empty. */
  ServingStatus health(String service) {
    return HealthGrpc.newBlockingStub(channel)
        .check(HealthCheckRequest.newBuilder().setService(service).build())
        .getStatus();
  }

  RegistryServiceGrpc.RegistryServiceBlockingStub registry() {
    return RegistryServiceGrpc.newBlockingStub(channel);
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
