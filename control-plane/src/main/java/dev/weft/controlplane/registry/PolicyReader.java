package dev.weft.controlplane.registry;

import dev.weft.controlplane.model.ConfigEntry;
import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.ReferenceGrant;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.TrafficPolicy;
import dev.weft.controlplane.validate.DocumentDecoder;
import dev.weft.controlplane.validate.policy.InvalidPolicyException;
import dev.weft.controlplane.validate.policy.PolicyObject;
import dev.weft.proto.policy.v1.Policy;

/**
 * Turns a stored policy document into its model record. The registry calls it once per change of
 * the document, on the registry thread.
 */
@FunctionalInterface
public interface PolicyReader {
  /** Reads documents by the rules by which they are applied. */
  PolicyReader DOCUMENTS =
      policy -> {
        try {
          return switch (DocumentDecoder.decodeStored(policy, policy.getRevision())) {
            case PolicyObject.OfService(Service service) -> new Decoded.OfService(service);
            case PolicyObject.OfRoute(HttpRoute route) -> new Decoded.OfHttpRoute(route);
            case PolicyObject.OfGrant(ReferenceGrant grant) -> new Decoded.OfReferenceGrant(grant);
            case PolicyObject.OfPolicy(TrafficPolicy traffic) ->
                new Decoded.OfTrafficPolicy(traffic);
            case PolicyObject.OfConfigEntry(ConfigEntry entry) -> new Decoded.OfConfigEntry(entry);
          };
        } catch (InvalidPolicyException e) {
          throw new IllegalArgumentException(e.getMessage(), e);
        }
      };

  /**
   * @param policy its {@code source}, {@code revision} and {@code key} are set from the store's key
   * @throws IllegalArgumentException if the document cannot be understood; the message says where
   *     and why, and the registry goes on without it
   */
  Decoded read(Policy policy);

  /** What a document may be. */
  sealed interface Decoded {
    /** A {@code Service} document. */
    record OfService(Service service) implements Decoded {}

    /** An {@code HTTPRoute} or a {@code GRPCRoute}. */
    record OfHttpRoute(HttpRoute route) implements Decoded {}

    /** A {@code ReferenceGrant}. */
    record OfReferenceGrant(ReferenceGrant grant) implements Decoded {}

    /** A {@code TrafficPolicy}. */
    record OfTrafficPolicy(TrafficPolicy policy) implements Decoded {}

    /** A {@code ConfigEntry}. */
    record OfConfigEntry(ConfigEntry entry) implements Decoded {}
  }
}
