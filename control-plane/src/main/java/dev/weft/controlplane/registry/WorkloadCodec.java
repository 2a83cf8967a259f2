package dev.weft.controlplane.registry;

import com.google.protobuf.ByteString;
import dev.weft.common.config.AppProtocols;
import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.common.config.Locality;
import dev.weft.controlplane.model.OperatorOverride;
import dev.weft.controlplane.model.PodEndpoint;
import dev.weft.controlplane.model.Registration;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.model.WorkloadPort;
import dev.weft.controlplane.model.WorkloadReadiness;
import dev.weft.proto.discovery.v1.PeerKind;
import dev.weft.proto.discovery.v1.Protocol;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstanceOverride;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.proto.registry.v1.Readiness;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Between {@code registry.v1.Instance}, as it is stored and sent, and {@link Workload}. Pure. */
public final class WorkloadCodec {
  private WorkloadCodec() {}

  /**
   * The workload that an instance message describes; what it leaves out gets its default.
   *
   * @param source taken from the key, not from the message
   * @param revision the revision of the key's last change
   */
  public static Workload toWorkload(Instance instance, String source, long revision) {
    List<WorkloadPort> ports = new ArrayList<>(instance.getPortsCount());
    for (InstancePort port : instance.getPortsList()) {
      ports.add(
          new WorkloadPort(
              port.getName(),
              port.getServicePort(),
              port.getPort(),
              protocols(port, instance.getPeer() == PeerKind.SIDECAR),
              port.getAppProtocol()));
    }
    return new Workload(
        instance.getId(),
        instance.getNamespace(),
        instance.getService(),
        instance.getAddress(),
        ports,
        instance.getLabelsMap(),
        instance.getMetadataMap(),
        locality(instance.getLocality()),
        instance.getWeight() == 0 ? Workload.DEFAULT_WEIGHT : instance.getWeight(),
        instance.getPeer() == PeerKind.SIDECAR,
        instance.getIncarnation(),
        readiness(instance.getReadiness()),
        instance.getReadinessReason(),
        source,
        instance.getIdentity(),
        revision,
        null,
        OperatorOverride.NONE,
        new Registration(
            instance.getRegisteredAtMillis(),
            instance.getRegisteredBy(),
            instance.getChangedAtMillis(),
            instance.getChangedBy()));
  }

  /** The message that describes a workload, as the API returns it: what is in force. */
  public static Instance toInstance(Workload workload) {
    Instance.Builder instance = own(workload);
    OperatorOverride override = workload.override();
    if (override.inForce()) {
      instance
          .setReadiness(toProto(workload.readinessInForce()))
          .setWeight(workload.weightInForce())
          .setOverride(
              InstanceOverride.newBuilder()
                  .setDrained(override.drained())
                  .setMaintenanceZone(override.maintenanceZone())
                  .setWeight(override.weight())
                  .setReason(override.reason())
                  .setBy(override.by())
                  .setAtMillis(override.atMillis())
                  .setOwnReadiness(toProto(workload.readiness()))
                  .setOwnWeight(workload.weight()));
    }
    if (override.drained()) {
      instance.setReadinessReason(override.drainReason());
    }
    if (override.atMillis() > workload.registration().changedAtMillis()) {
      instance.setChangedAtMillis(override.atMillis()).setChangedBy(override.by());
    }
    return instance.setRevision(Math.max(workload.revision(), override.revision())).build();
  }

  /** What it says itself. */
  private static Instance.Builder own(Workload workload) {
    Instance.Builder instance =
        Instance.newBuilder()
            .setId(workload.id())
            .setNamespace(workload.namespace())
            .setService(workload.service())
            .setAddress(workload.address())
            .putAllLabels(new TreeMap<>(workload.labels()))
            .putAllMetadata(metadata(workload))
            .setWeight(workload.weight())
            .setPeer(workload.sidecar() ? PeerKind.SIDECAR : PeerKind.APPLICATION)
            .setIncarnation(workload.incarnation())
            .setReadiness(toProto(workload.readiness()))
            .setReadinessReason(workload.readinessReason())
            .setSource(workload.source())
            .setRevision(workload.revision())
            .setIdentity(workload.identity())
            .setRegisteredAtMillis(workload.registration().registeredAtMillis())
            .setRegisteredBy(workload.registration().registeredBy())
            .setChangedAtMillis(workload.registration().changedAtMillis())
            .setChangedBy(workload.registration().changedBy());
    Locality locality = workload.locality();
    if (!locality.equals(Locality.UNKNOWN)) {
      instance.setLocality(
          dev.weft.proto.discovery.v1.Locality.newBuilder()
              .setRegion(locality.region())
              .setZone(locality.zone())
              .setSubZone(locality.subZone()));
    }
    for (WorkloadPort port : workload.ports()) {
      InstancePort.Builder message =
          InstancePort.newBuilder()
              .setName(port.name())
              .setServicePort(port.servicePort())
              .setPort(port.port())
              .setAppProtocol(port.appProtocol());
      for (WireProtocol protocol : EnumSet.copyOf(port.protocols())) {
        message.addProtocols(toProto(protocol));
      }
      instance.addPorts(message);
    }
    return instance;
  }

  private static Map<String, String> metadata(Workload workload) {
    var metadata = new TreeMap<>(workload.metadata());
    PodEndpoint pod = workload.pod();
    if (pod != null) {
      putUnlessEmpty(metadata, "kubernetes.io/hostname", pod.hostname());
      putUnlessEmpty(metadata, "kubernetes.io/node", pod.node());
      putUnlessEmpty(metadata, "kubernetes.io/service-account", pod.serviceAccount());
    }
    return metadata;
  }

  private static void putUnlessEmpty(Map<String, String> metadata, String key, String value) {
    if (!value.isEmpty()) {
      metadata.put(key, value);
    }
  }

  /** What is stored of a workload, what it says itself: source and revision are the key's. */
  public static ByteString toStored(Workload workload) {
    return own(workload).clearSource().clearRevision().build().toByteString();
  }

  /** The model's readiness; unspecified is ready. */
  public static WorkloadReadiness readiness(Readiness readiness) {
    return switch (readiness) {
      case NOT_READY -> WorkloadReadiness.NOT_READY;
      case DRAINING -> WorkloadReadiness.DRAINING;
      case READY, READINESS_UNSPECIFIED, UNRECOGNIZED -> WorkloadReadiness.READY;
    };
  }

  static Readiness toProto(WorkloadReadiness readiness) {
    return switch (readiness) {
      case READY -> Readiness.READY;
      case NOT_READY -> Readiness.NOT_READY;
      case DRAINING -> Readiness.DRAINING;
    };
  }

  static Locality locality(dev.weft.proto.discovery.v1.Locality locality) {
    return locality.getRegion().isEmpty()
            && locality.getZone().isEmpty()
            && locality.getSubZone().isEmpty()
        ? Locality.UNKNOWN
        : new Locality(locality.getRegion(), locality.getZone(), locality.getSubZone());
  }

  private static Set<WireProtocol> protocols(InstancePort port, boolean sidecar) {
    Set<WireProtocol> protocols = EnumSet.noneOf(WireProtocol.class);
    for (Protocol protocol : port.getProtocolsList()) {
      switch (protocol) {
        case HTTP1 -> protocols.add(WireProtocol.HTTP1);
        case HTTP2 -> protocols.add(WireProtocol.HTTP2);
        case TCP -> protocols.add(WireProtocol.TCP);
        case PROTOCOL_UNSPECIFIED, UNRECOGNIZED -> {}
      }
    }
    if (protocols.isEmpty()) {
      WireProtocol declared = sidecar ? null : AppProtocols.wireProtocol(port.getAppProtocol());
      protocols.add(declared == null ? WireProtocol.HTTP1 : declared);
    }
    return protocols;
  }

  private static Protocol toProto(WireProtocol protocol) {
    return switch (protocol) {
      case HTTP1 -> Protocol.HTTP1;
      case HTTP2 -> Protocol.HTTP2;
      case TCP -> Protocol.TCP;
    };
  }
}
