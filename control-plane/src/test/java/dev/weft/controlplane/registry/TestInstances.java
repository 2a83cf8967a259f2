package dev.weft.controlplane.registry;

import dev.weft.proto.discovery.v1.PeerKind;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;

/** What instances of tests register. */
public final class TestInstances {
  private TestInstances() {}

  /** Ready, with one port. */
  public static Instance instance(String service, String id, String incarnation) {
    return Instance.newBuilder()
        .setId(id)
        .setNamespace("default")
        .setService(service)
        .setAddress("127.0.0.1")
        .addPorts(InstancePort.newBuilder().setName("http").setServicePort(80).setPort(15006))
        .setPeer(PeerKind.SIDECAR)
        .setIncarnation(incarnation)
        .build();
  }
}
