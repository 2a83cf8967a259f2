package dev.weft.sidecar.app;

import dev.weft.proto.discovery.v1.Locality;
import dev.weft.proto.discovery.v1.Node;
import dev.weft.proto.discovery.v1.PeerKind;
import dev.weft.proto.discovery.v1.Protocol;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.sidecar.app.options.SidecarOptions;
import dev.weft.sidecar.cluster.Home;
import java.util.random.RandomGenerator;

/** Who the sidecar is, to the control plane and in the registry. */
final class Identity {
  /** The sidecar's own. */
  static final String VERSION = "0.1.0";

  private Identity() {}

  static Node node(SidecarOptions options) {
    return Node.newBuilder()
        .setId(options.nodeId())
        .setNamespace(options.namespace())
        .setService(options.service())
        .setLocality(locality(options))
        .setVersion(VERSION)
        .putAllLabels(options.labels())
        .setNodeName(options.intercept().nodeName())
        .build();
  }

  /** Where it runs, for its own choice of endpoints. */
  static Home home(SidecarOptions options) {
    var place =
        new dev.weft.common.config.Locality(
            options.locality().get(0), options.locality().get(1), options.locality().get(2));
    return Home.of(options.nodeId(), options.intercept().nodeName(), place);
  }

  /**
   * The instance to register, with an incarnation of this process's own.
   *
   * @param inboundPort where the inbound listener really listens
   */
  static Instance instance(SidecarOptions options, int inboundPort, RandomGenerator random) {
    return Instance.newBuilder()
        .setId(options.nodeId())
        .setNamespace(options.namespace())
        .setService(options.service())
        .setAddress(options.address())
        .addPorts(
            InstancePort.newBuilder()
                .setName("http")
                .setServicePort(options.servicePort())
                // With interception, the application's own leads here.
                .setPort(options.intercept().on() ? options.appPort() : inboundPort)
                .addProtocols(Protocol.HTTP1)
                .addProtocols(Protocol.HTTP2)
                .setAppProtocol(options.appProtocol()))
        .putAllLabels(options.labels())
        .setLocality(locality(options))
        .setWeight(options.weight())
        .setPeer(PeerKind.SIDECAR)
        .setIncarnation(
            Long.toHexString(System.currentTimeMillis())
                + "-"
                + Long.toHexString(random.nextLong()))
        .build();
  }

  private static Locality locality(SidecarOptions options) {
    return Locality.newBuilder()
        .setRegion(options.locality().get(0))
        .setZone(options.locality().get(1))
        .setSubZone(options.locality().get(2))
        .build();
  }
}
