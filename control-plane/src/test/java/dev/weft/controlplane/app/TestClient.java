package dev.weft.controlplane.app;

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
import java.util.List;

/** A client of one control plane over gRPC, with one instance: catalog-0 of default/catalog. */
record TestClient(ManagedChannel channel) implements AutoCloseable {
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
