package dev.weft.sidecar.discovery;

import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.ResourceName;
import dev.weft.sidecar.telemetry.Bound;

/** Names of the roots that a sidecar subscribes to. */
final class Names {
  private static final int MAX_AUTHORITY = Bound.AUTHORITY.intValue();

  private Names() {}

  static ResourceName virtualHost(String name) {
    return ResourceName.newBuilder().setKind(ResourceKind.VIRTUAL_HOST).setName(name).build();
  }

  static ResourceName inbound(String namespace, String service) {
    return ResourceName.newBuilder()
        .setKind(ResourceKind.INBOUND)
        .setName(namespace + "/" + service)
        .build();
  }

  /** Whether a lower-case authority can be a name at all: anything else is not asked for. */
  static boolean isAuthority(String authority) {
    if (authority.isEmpty() || authority.length() > MAX_AUTHORITY) {
      return false;
    }
    for (int i = 0; i < authority.length(); i++) {
      char c = authority.charAt(i);
      boolean plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      if (!plain && ".-_:[]".indexOf(c) < 0) {
        return false;
      }
    }
    return true;
  }
}
