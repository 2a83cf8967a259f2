package dev.weft.controlplane.discovery;

import dev.weft.common.wire.Syntax;
import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.limit.PeerLimit;
import dev.weft.controlplane.limit.PeerLimits;
import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.Node;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.ResourceName;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads the names of one request, of which the first also says who asks, and wants what is said of
 * its machine. A kind that cannot be subscribed to is a mistake of the program and ends the stream;
 * a name that cannot be one comes from whoever sent the sidecar a strange authority, and is ignored
 * so that it harms nobody else.
 */
final class SubscriptionCheck {
  private static final System.Logger LOG = System.getLogger(SubscriptionCheck.class.getName());
  private static final int MAX_NAME = PeerLimit.NAME_LENGTH.intValue();
  private static final int MAX_ID = 253;

  private final DiscoveryMetrics metrics;
  private final PeerLimits limits;
  private final Node node;
  private final List<ResourceKey> subscribe = new ArrayList<>();
  private final List<ResourceKey> unsubscribe = new ArrayList<>();

  /**
   * What a stream is to be ended with.
   *
   * @param limit that was reached
   */
  record Refusal(PeerLimit limit, Status status, String message) {}

  SubscriptionCheck(DiscoveryMetrics metrics, PeerLimits limits, Node node) {
    this.metrics = metrics;
    this.limits = limits;
    this.node = node;
  }

  /** What is wrong with the first request of a stream; null: nothing. */
  static @Nullable Refusal first(DiscoveryRequest request, DiscoveryOptions options) {
    Node node = request.getNode();
    String id = node.getId();
    if (id.isEmpty()) {
      return malformed(
          "the first request has no node.id; expected a name that is unique among sidecars");
    }
    if (id.length() > MAX_ID || id.indexOf('/') >= 0 || !printable(node)) {
      return malformed(
          "node.id is \""
              + shown(id)
              + "\", expected 1 to "
              + MAX_ID
              + " characters without '/', and in no field of the node a control character");
    }
    if (node.getSerializedSize() > PeerLimit.NODE_FACTS.value()) {
      return new Refusal(
          PeerLimit.NODE_FACTS,
          Status.INVALID_ARGUMENT,
          "node "
              + id
              + " says "
              + node.getSerializedSize()
              + " bytes about itself, at most "
              + PeerLimit.NODE_FACTS.text()
              + " are allowed (limit node-facts): give it fewer or shorter labels");
    }
    if (request.getHeldCount() > options.maxHeld()) {
      return new Refusal(
          PeerLimit.HELD,
          Status.RESOURCE_EXHAUSTED,
          "node "
              + id
              + " says that it holds "
              + request.getHeldCount()
              + " resources, at most "
              + options.maxHeld()
              + " are allowed (limit held): restart it without its state directory");
    }
    return null;
  }

  /** What is wrong with subscribing to that many names. */
  static Refusal tooMany(long names, DiscoveryOptions options) {
    return new Refusal(
        PeerLimit.NAMES,
        Status.RESOURCE_EXHAUSTED,
        "subscribed to "
            + names
            + " names, at most "
            + options.maxSubscriptions()
            + " are allowed on one stream (limit names): does its application call hosts by made-up"
            + " names? See --max-hosts of the sidecar");
  }

  /** What the stream is to be ended with; null: go on. */
  @Nullable Refusal read(DiscoveryRequest request, DiscoveryOptions options) {
    int names = Math.max(request.getSubscribeCount(), request.getUnsubscribeCount());
    if (names > options.maxSubscriptions()) {
      // Nothing is made of them first: they may be millions.
      return tooMany(names, options);
    }
    if (request.hasNode() && isNodeName(node.getNodeName())) {
      subscribe.add(ResourceKey.node(node.getNodeName()));
    }
    if (request.hasNode() && request.hasAppConfig()) {
      subscribeAppConfig();
    }
    for (ResourceName name : request.getUnsubscribeList()) {
      unsubscribe.add(ResourceKey.of(name));
    }
    for (ResourceName name : request.getSubscribeList()) {
      ResourceKey key = ResourceKey.of(name);
      if (!key.root()) {
        return malformed("cannot subscribe to " + key + "; expected a VIRTUAL_HOST or an INBOUND");
      }
      if (wellFormed(key)) {
        subscribe.add(key);
      } else {
        metrics.invalidSubscription();
        if (key.name().length() > MAX_NAME) {
          limits.reached(PeerLimit.NAME_LENGTH);
        }
        LOG.log(
            Level.DEBUG, "node {0} subscribed to {1}, which cannot be a name", node.getId(), key);
      }
    }
    return null;
  }

  private void subscribeAppConfig() {
    ResourceKey key = appConfig(node);
    if (Syntax.isInboundName(key.name())) {
      subscribe.add(key);
    } else {
      metrics.invalidSubscription();
    }
  }

  /** What the application of that node is configured with. */
  static ResourceKey appConfig(Node node) {
    return ResourceKey.appConfig(node.getNamespace(), node.getService(), node.getId());
  }

  List<ResourceKey> subscribe() {
    return subscribe;
  }

  List<ResourceKey> unsubscribe() {
    return unsubscribe;
  }

  private static Refusal malformed(String message) {
    return new Refusal(PeerLimit.MALFORMED, Status.INVALID_ARGUMENT, message);
  }

  private static boolean printable(Node node) {
    return (node.getId() + node.getNamespace() + node.getService() + node.getVersion())
        .chars()
        .noneMatch(Character::isISOControl);
  }

  private static String shown(String id) {
    String text = id.length() <= MAX_ID ? id : id.substring(0, MAX_ID) + "...";
    return text.replaceAll("\\p{Cntrl}", "?");
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
