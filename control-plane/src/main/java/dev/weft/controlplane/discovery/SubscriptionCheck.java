package dev.weft.controlplane.discovery;

import dev.weft.common.wire.Syntax;
import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.Node;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.ResourceName;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Reads the names of one request, of which the first also says who asks, and wants what is said of
 * its machine. A kind that cannot be subscribed to is a mistake of the program and ends the stream;
 * a name that cannot be one comes from whoever sent the sidecar a strange authority, and is ignored
 * so that it harms nobody else.
 */
final class SubscriptionCheck {
  private static final System.Logger LOG = System.getLogger(SubscriptionCheck.class.getName());
  private static final int MAX_NAME = 512;

  private final DiscoveryMetrics metrics;
  private final Node node;
  private final List<ResourceKey> subscribe = new ArrayList<>();
  private final List<ResourceKey> unsubscribe = new ArrayList<>();

  SubscriptionCheck(DiscoveryMetrics metrics, Node node) {
    this.metrics = metrics;
    this.node = node;
  }

  /** What is wrong with the first request of a stream, to be ended with; empty: nothing. */
  static Optional<Status> first(DiscoveryRequest request, DiscoveryOptions options) {
    String id = request.getNode().getId();
    if (id.isEmpty()) {
      return Optional.of(
          Status.INVALID_ARGUMENT.withDescription(
              "the first request has no node.id; expected a name that is unique among sidecars"));
    }
    if (request.getHeldCount() > options.maxHeld()) {
      return Optional.of(
          Status.RESOURCE_EXHAUSTED.withDescription(
              "node "
                  + id
                  + " says that it holds "
                  + request.getHeldCount()
                  + " resources, at most "
                  + options.maxHeld()
                  + " are allowed"));
    }
    return Optional.empty();
  }

  /** What the stream is to be ended with; empty: go on. */
  Optional<Status> read(DiscoveryRequest request) {
    if (request.hasNode() && isNodeName(node.getNodeName())) {
      subscribe.add(ResourceKey.node(node.getNodeName()));
    }
    for (ResourceName name : request.getUnsubscribeList()) {
      unsubscribe.add(ResourceKey.of(name));
    }
    for (ResourceName name : request.getSubscribeList()) {
      ResourceKey key = ResourceKey.of(name);
      if (!key.root()) {
        return Optional.of(
            Status.INVALID_ARGUMENT.withDescription(
                "cannot subscribe to " + key + "; expected a VIRTUAL_HOST or an INBOUND"));
      }
      if (wellFormed(key)) {
        subscribe.add(key);
      } else {
        metrics.invalidSubscription();
        LOG.log(
            Level.DEBUG, "node {0} subscribed to {1}, which cannot be a name", node.getId(), key);
      }
    }
    return Optional.empty();
  }

  List<ResourceKey> subscribe() {
    return subscribe;
  }

  List<ResourceKey> unsubscribe() {
    return unsubscribe;
  }

  private static boolean isNodeName(String name) {
    return !name.isEmpty() && name.length() <= MAX_NAME;
  }

  private static boolean wellFormed(ResourceKey key) {
    String name = key.name();
    int slash = name.indexOf('/');
    if (slash < 0 || name.length() > MAX_NAME || !Syntax.isDnsLabel(name.substring(0, slash))) {
      return false;
    }
    if (key.kind() == ResourceKind.INBOUND) {
      return Syntax.isInboundName(name);
    }
    String rest = name.substring(slash + 1);
    return !rest.isEmpty() && rest.equals(rest.toLowerCase(Locale.ROOT));
  }
}
