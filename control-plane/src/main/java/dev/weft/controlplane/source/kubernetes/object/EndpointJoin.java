package dev.weft.controlplane.source.kubernetes.object;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.proto.discovery.v1.Locality;
import dev.weft.proto.registry.v1.ServiceEndpoint;
import dev.weft.proto.registry.v1.ServiceEndpoints;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A slice with what its pods and nodes say. Pure. */
final class EndpointJoin {
  /** A larger slice goes without its pods' labels: it still has to fit a transaction. */
  private static final int MAX_BYTES = 512 << 10;

  private EndpointJoin() {}

  /** The key under which a slice is stored. */
  static String key(ServiceEndpoints slice) {
    return Keyspace.endpoints(
        Keyspace.KUBERNETES, slice.getNamespace(), slice.getService(), slice.getSlice());
  }

  /** What is stored of a slice: equal content is equal bytes. */
  static ByteString join(
      SliceFacts slice,
      Function<String, @Nullable PodFacts> pods,
      Function<String, @Nullable NodeFacts> nodes) {
    ServiceEndpoints.Builder joined = slice.bare().toBuilder();
    for (ServiceEndpoint.Builder endpoint : joined.getEndpointsBuilderList()) {
      NodeFacts node = nodes.apply(endpoint.getNode());
      if (node != null) {
        Locality said = endpoint.getLocality();
        Locality.Builder locality =
            said.toBuilder().setRegion(node.region()).setSubZone(node.subZone());
        if (said.getZone().isEmpty()) {
          locality.setZone(node.zone());
        }
        endpoint.setLocality(locality);
      }
      if (!endpoint.getIncarnation().isEmpty()) {
        PodFacts pod = pods.apply(slice.bare().getNamespace() + '/' + endpoint.getId());
        // Another pod of that name is not the one that the slice means.
        if (pod != null && pod.uid().equals(endpoint.getIncarnation())) {
          endpoint
              .setServiceAccount(pod.serviceAccount())
              .setSidecar(pod.sidecar())
              .setCreatedAtMillis(pod.createdAtMillis())
              .putAllLabels(pod.labels());
        }
      }
    }
    ServiceEndpoints whole = joined.build();
    if (whole.getSerializedSize() > MAX_BYTES) {
      joined.getEndpointsBuilderList().forEach(ServiceEndpoint.Builder::clearLabels);
      whole = joined.build();
    }
    return bytes(whole);
  }

  private static ByteString bytes(ServiceEndpoints message) {
    byte[] bytes = new byte[message.getSerializedSize()];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    // Labels are a map, whose order is otherwise left to chance.
    out.useDeterministicSerialization();
    try {
      message.writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException("the array has the message's size", e);
    }
    return ByteString.copyFrom(bytes);
  }
}
