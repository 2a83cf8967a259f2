package dev.weft.controlplane.validate.policy;

import dev.weft.controlplane.model.ConfigEntry;
import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.ReferenceGrant;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.TrafficPolicy;

/** What a document says, as the model has it. */
public sealed interface PolicyObject {
  /** One of {@link Kinds}. */
  String kind();

  record OfService(Service service) implements PolicyObject {
    @Override
    public String kind() {
      return Kinds.SERVICE;
    }
  }

  /** An HTTPRoute or a GRPCRoute. */
  record OfRoute(HttpRoute route) implements PolicyObject {
    @Override
    public String kind() {
      return route.kind().kind();
    }
  }

  record OfGrant(ReferenceGrant grant) implements PolicyObject {
    @Override
    public String kind() {
      return Kinds.REFERENCE_GRANT;
    }
  }

  record OfPolicy(TrafficPolicy policy) implements PolicyObject {
    @Override
    public String kind() {
      return Kinds.TRAFFIC_POLICY;
    }
  }

  record OfConfigEntry(ConfigEntry entry) implements PolicyObject {
    @Override
    public String kind() {
      return Kinds.CONFIG_ENTRY;
    }
  }
}
