package dev.weft.controlplane.validate;

import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.TrafficPolicy;

/** What a document says, as the model has it. */
public sealed interface PolicyObject {
  /** "Service", "HTTPRoute" or "TrafficPolicy". */
  String kind();

  record OfService(Service service) implements PolicyObject {
    @Override
    public String kind() {
      return Kinds.SERVICE;
    }
  }

  record OfRoute(HttpRoute route) implements PolicyObject {
    @Override
    public String kind() {
      return Kinds.HTTP_ROUTE;
    }
  }

  record OfPolicy(TrafficPolicy policy) implements PolicyObject {
    @Override
    public String kind() {
      return Kinds.TRAFFIC_POLICY;
    }
  }
}
