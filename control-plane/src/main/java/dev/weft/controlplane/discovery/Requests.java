package dev.weft.controlplane.discovery;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.discovery.Outstanding.Owed;
import dev.weft.controlplane.discovery.loop.EngineLoop;
import dev.weft.controlplane.discovery.pace.NodeAdmission;
import dev.weft.controlplane.discovery.pace.NodeIndex;
import dev.weft.controlplane.discovery.pace.Sentences;
import dev.weft.controlplane.limit.PeerLimit;
import dev.weft.controlplane.limit.PeerLimits;
import dev.weft.controlplane.snapshot.ResourceTable;
import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.HeldResource;
import dev.weft.proto.discovery.v1.Node;
import dev.weft.proto.discovery.v1.Rejection;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes what sidecars say: who they are, what they want, and what they answer. Owned by the engine
 * thread.
 */
final class Requests {
  private static final System.Logger LOG = System.getLogger(Requests.class.getName());

  private final EngineLoop loop;
  private final DiscoveryOptions options;
  private final ResourceTable table;
  private final NodeIndex<NodeStream> nodes;
  private final NodeAdmission admission = new NodeAdmission();
  private final DiscoveryMetrics metrics;
  private final PeerLimits limits;
  private final Ender ender;

  /** Who ends streams. */
  interface Ender {
    void end(NodeStream stream, Status status);
  }

  Requests(
      EngineLoop loop,
      DiscoveryOptions options,
      ResourceTable table,
      NodeIndex<NodeStream> nodes,
      DiscoveryMetrics metrics,
      PeerLimits limits,
      Ender ender) {
    this.loop = loop;
    this.options = options;
    this.table = table;
    this.nodes = nodes;
    this.metrics = metrics;
    this.limits = limits;
    this.ender = ender;
  }

  /** False: the stream has been ended because of it. */
  boolean take(NodeStream stream, DiscoveryRequest request) {
    return (stream.begun() || begin(stream, request)) && subscribe(stream, request);
  }

  private boolean begin(NodeStream stream, DiscoveryRequest request) {
    SubscriptionCheck.Refusal wrong = SubscriptionCheck.first(request, options);
    if (wrong != null) {
      return refuse(stream, wrong);
    }
    Node node = request.getNode();
    String name = NodeIndex.name(node.getNamespace(), node.getId());
    NodeStream other = nodes.get(name);
    switch (admission.opens(name, other != null, loop.nanoTime())) {
      case CONTESTED -> {
        String incumbent = other == null ? "" : other.call().peer();
        limits.reached(
            PeerLimit.NODE_TAKEOVERS,
            name,
            stream.call().peer(),
            Sentences.contested(stream.call().peer(), incumbent));
        ender.end(stream, Status.ALREADY_EXISTS.withDescription(Sentences.taken(name)));
        return false;
      }
      case TOO_OFTEN -> {
        return refuse(
            stream, name, PeerLimit.NODE_STREAMS, Status.RESOURCE_EXHAUSTED, Sentences.tooOften());
      }
      case WELCOME -> {
        // It is served.
      }
    }
    stream.begin(node, held(request), request.getHeldStoreId());
    nodes.put(name, stream);
    if (other != null) {
      ender.end(
          other,
          Status.ABORTED.withDescription(
              "node " + node.getId() + " has opened another stream, from " + stream.call().peer()));
    }
    return true;
  }

  /** What it brings along, with what an older control plane would not know. */
  private static List<HeldResource> held(DiscoveryRequest request) {
    String version = request.getAppConfig().getHeldVersion();
    if (version.isEmpty()) {
      return request.getHeldList();
    }
    var all = new ArrayList<>(request.getHeldList());
    all.add(
        HeldResource.newBuilder()
            .setResource(SubscriptionCheck.appConfig(request.getNode()).toMessage())
            .setVersion(version)
            .build());
    return all;
  }

  private boolean subscribe(NodeStream stream, DiscoveryRequest request) {
    var check = new SubscriptionCheck(metrics, limits, stream.node());
    SubscriptionCheck.Refusal wrong = check.read(request, options);
    if (wrong != null) {
      return refuse(stream, wrong);
    }
    int before = stream.subscriptions();
    stream.unsubscribe(check.unsubscribe());
    stream.subscribe(check.subscribe(), table.revision());
    metrics.subscriptions(stream.subscriptions() - before);
    if (stream.subscriptions() > options.maxSubscriptions()) {
      return refuse(stream, SubscriptionCheck.tooMany(stream.subscriptions(), options));
    }
    return true;
  }

  /** What it answers; null: it answers nothing, or not the last response. */
  @Nullable Outstanding answered(NodeStream stream, DiscoveryRequest request) {
    Outstanding response =
        request.getNonce().isEmpty() ? null : stream.answered(request.getNonce());
    if (response == null) {
      return null;
    }
    if (request.hasRejection()) {
      refused(stream, response, cut(request.getRejection()));
      return response;
    }
    stream.accepted(response);
    long now = loop.nanoTime();
    response.resources().values().stream()
        .mapToLong(Owed::changeNanos)
        .filter(nanos -> nanos != Owed.NOT_TIMED)
        .min()
        .ifPresent(since -> metrics.pushed(now - since));
    return response;
  }

  private void refused(NodeStream stream, Outstanding response, Rejection rejection) {
    stream.refused(response, rejection, table.revision(), loop);
    metrics.rejected();
    String what =
        ResourceKey.of(rejection.getResource())
            + " "
            + rejection.getFieldPath()
            + ": "
            + rejection.getMessage();
    LOG.log(
        Level.WARNING,
        "node {0} refused revision {1}: {2}",
        stream.node().getId(),
        response.revision(),
        what);
    if (stream.pace().sendNotBeforeNanos() > loop.nanoTime()) {
      limits.reached(
          PeerLimit.REFUSALS, stream.name(), stream.call().peer(), Sentences.refusesAll(what));
    }
  }

  /** What is kept and shown of a refusal is no longer than it has to be. */
  private static Rejection cut(Rejection rejection) {
    return rejection.toBuilder()
        .setResource(
            rejection.getResource().toBuilder().setName(cut(rejection.getResource().getName())))
        .setFieldPath(cut(rejection.getFieldPath()))
        .setMessage(cut(rejection.getMessage()))
        .build();
  }

  private static String cut(String text) {
    int most = PeerLimit.REFUSAL_TEXT.intValue();
    return text.length() <= most ? text : text.substring(0, most) + "...";
  }

  private boolean refuse(NodeStream stream, SubscriptionCheck.Refusal refusal) {
    return refuse(stream, stream.name(), refusal.limit(), refusal.status(), refusal.message());
  }

  private boolean refuse(
      NodeStream stream, String name, PeerLimit limit, Status status, String message) {
    limits.reached(limit, name, stream.call().peer(), message);
    ender.end(stream, status.withDescription(message));
    return false;
  }
}
