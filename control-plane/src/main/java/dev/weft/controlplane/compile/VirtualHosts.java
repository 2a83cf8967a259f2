package dev.weft.controlplane.compile;

import dev.weft.common.config.RetryConfig;
import dev.weft.controlplane.compile.RouteOrder.Candidate;
import dev.weft.controlplane.model.DocumentMeta;
import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.RuleFilters.Mirror;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.ServicePort;
import dev.weft.controlplane.model.ServiceRef;
import dev.weft.controlplane.model.TrafficPolicy;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.validate.policy.Kinds;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.Route;
import dev.weft.proto.discovery.v1.RouteMatch;
import dev.weft.proto.discovery.v1.VirtualHost;
import dev.weft.proto.discovery.v1.WeightedBackend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Compiles what callers of one namespace get for one authority. Pure but for what {@link Reads}
 * declares.
 *
 * <p>Who decides a timeout or the retries, the nearest first: the rule itself, a policy on its
 * route, a policy on the addressed service, the default. Of several policies on one target the
 * older wins, block by block.
 */
final class VirtualHosts {

  private final String domain;
  private final Reads reads;
  private final LinkedHashSet<ResourceKey> clusters = new LinkedHashSet<>();

  private VirtualHosts(String domain, Reads reads) {
    this.domain = domain;
    this.reads = reads;
  }

  /** The name is {@code <caller's namespace>/<authority>}. */
  static Compiled compile(ResourceKey key, String domain, Reads reads) {
    var compilation = new VirtualHosts(domain, reads);
    int slash = key.name().indexOf('/');
    VirtualHost host =
        compilation.host(key.name().substring(0, slash), key.name().substring(slash + 1));
    return new Compiled(
        key,
        Resource.newBuilder().setName(key.toMessage()).setVirtualHost(host).build(),
        new ArrayList<>(compilation.clusters));
  }

  private VirtualHost host(String callerNamespace, String text) {
    if (text.startsWith(DnsNames.PREFIX)) {
      return DnsNames.compile(text.substring(DnsNames.PREFIX.length()), domain, reads);
    }
    return switch (Destination.find(text, callerNamespace, domain, reads)) {
      case Destination.OfService(Service service, ServicePort port) ->
          host(service, port, callerNamespace);
      case Destination.OfEndpoint(AddressPort at, Workload endpoint) -> host(at, endpoint);
      case Destination.OtherPort(Service service) -> otherPorts(text, service);
      case Destination.Unknown(boolean named) -> unknown(text, callerNamespace, named);
    };
  }

  private VirtualHost host(Service service, ServicePort port, String callerNamespace) {
    var key = new ObjectKey(service.namespace(), service.name());
    List<HttpRoute> attached = attached(key, port, callerNamespace);
    var message = VirtualHost.newBuilder();
    if (attached.isEmpty()) {
      message.addRoutes(direct(service, port));
    }
    for (Candidate candidate : RouteOrder.of(HttpRoute.applied(attached))) {
      message.addRoutes(route(candidate, key));
    }
    return message.build();
  }

  /** As Gateway API has it for meshes: the consumer's routes instead of the producer's. */
  private List<HttpRoute> attached(ObjectKey service, ServicePort port, String callerNamespace) {
    if (!callerNamespace.equals(service.namespace())) {
      List<HttpRoute> consumers =
          attached(reads.consumerRoutesOf(service, callerNamespace), service, port);
      if (!consumers.isEmpty()) {
        return consumers;
      }
    }
    return attached(reads.producerRoutesOf(service), service, port);
  }

  private static List<HttpRoute> attached(
      Iterable<HttpRoute> routes, ObjectKey service, ServicePort port) {
    var attached = new ArrayList<HttpRoute>();
    for (HttpRoute route : routes) {
      if (route.isFor(service, port)) {
        attached.add(route);
      }
    }
    return attached;
  }

  /** One endpoint alone: what is sent to it is not sent again, nor elsewhere. */
  private VirtualHost host(AddressPort at, Workload endpoint) {
    ResourceKey cluster = ResourceKey.cluster(at);
    clusters.add(cluster);
    var route =
        Route.newBuilder()
            .setName(at + "/default")
            .setMatch(RouteMatch.newBuilder().setPathPrefix("/"))
            .addBackends(WeightedBackend.newBuilder().setCluster(cluster.name()).setWeight(1))
            .setRetry(Messages.retry(RetryConfig.NEVER));
    Service service = reads.service(new ObjectKey(endpoint.namespace(), endpoint.service()));
    if (service != null) {
      route.addOrigins(Messages.origin(service, "endpoints"));
    }
    return VirtualHost.newBuilder().addRoutes(route).build();
  }

  private VirtualHost unknown(String text, String callerNamespace, boolean named) {
    var message = VirtualHost.newBuilder().setNotFound(true);
    if (named) {
      message.addAllNearMisses(reads.nearMisses(Authority.host(text, domain), callerNamespace));
    }
    return message.build();
  }

  /** The service is known, but not with that port: what looks alike is the service's own ports. */
  private static VirtualHost otherPorts(String text, Service service) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? text : text.substring(0, colon);
    var message = VirtualHost.newBuilder().setNotFound(true);
    service.ports().stream()
        .limit(5)
        .forEach(port -> message.addNearMisses(host + ":" + port.port()));
    return message.build();
  }

  /** No HTTPRoute says anything: everything goes to the service itself. */
  private Route direct(Service service, ServicePort port) {
    var key = new ObjectKey(service.namespace(), service.name());
    var message =
        Route.newBuilder()
            .setName(key + "/default")
            .addOrigins(Messages.origin(service, "backends"))
            .setMatch(RouteMatch.newBuilder().setPathPrefix("/"))
            .addBackends(
                WeightedBackend.newBuilder()
                    .setCluster(cluster(service, port.port()))
                    .setWeight(1));
    behaviour(message, null, reads.policiesOfService(key));
    return message.build();
  }

  private Route route(Candidate candidate, ObjectKey service) {
    DocumentMeta meta = candidate.route().meta();
    String kind = candidate.route().kind().kind();
    HttpRoute.Rule rule = candidate.rule();
    String rulePath = "spec.rules[" + candidate.ruleIndex() + "]";
    var message =
        Route.newBuilder()
            .setName(
                routeName(candidate.route())
                    + "/rule-"
                    + candidate.ruleIndex()
                    + "/match-"
                    + candidate.matchIndex())
            .addOrigins(Messages.origin(kind, meta, rulePath, "backends"))
            .setMatch(Messages.match(candidate.match()));
    RouteMessages.filters(message, rule.filters());
    for (Mirror mirror : rule.filters().mirrors()) {
      String cluster = cluster(candidate.route(), mirror.target());
      if (cluster != null) {
        message.addMirrors(
            dev.weft.proto.discovery.v1.Mirror.newBuilder()
                .setCluster(cluster)
                .setNumerator(mirror.numerator())
                .setDenominator(mirror.denominator()));
      }
    }
    for (HttpRoute.Backend backend : rule.backends()) {
      message.addBackends(backend(candidate.route(), backend));
    }
    if (rule.backends().isEmpty()) {
      // As Gateway API says: a rule without backends is answered with 500, unless by a redirect.
      message.addBackends(WeightedBackend.newBuilder().setWeight(1));
    }
    var policies = new ArrayList<TrafficPolicy>(reads.policiesOfRoute(candidate.route()));
    policies.addAll(reads.policiesOfService(service));
    behaviour(message, candidate, policies);
    return message.build();
  }

  private static String routeName(HttpRoute route) {
    return route.kind() == HttpRoute.Kind.HTTP
        ? route.meta().toString()
        : route.kind().kind() + "/" + route.meta();
  }

  private WeightedBackend backend(HttpRoute route, HttpRoute.Backend backend) {
    var message = WeightedBackend.newBuilder().setWeight(backend.weight());
    String cluster = cluster(route, backend.target());
    if (cluster != null) {
      message.setCluster(cluster);
    }
    if (!backend.requestHeaders().isEmpty()) {
      message.setRequestHeaders(Messages.headers(backend.requestHeaders()));
    }
    if (!backend.responseHeaders().isEmpty()) {
      message.setResponseHeaders(Messages.headers(backend.responseHeaders()));
    }
    return message.build();
  }

  /** Null: it leads nowhere, or the route may not go there. */
  private @Nullable String cluster(HttpRoute route, HttpRoute.Target target) {
    ServiceRef reference = target.service();
    if (!target.isService() || !permitted(route, reference.key())) {
      return null;
    }
    Service service = reads.service(reference.key());
    return service == null || service.port(reference.port()) == null
        ? null
        : cluster(service, reference.port());
  }

  private boolean permitted(HttpRoute route, ObjectKey service) {
    return route.permits(service, List.of())
        || route.permits(service, reads.grantsOf(service.namespace()));
  }

  private String cluster(Service service, int port) {
    ResourceKey key = ResourceKey.cluster(service.namespace(), service.name(), port);
    clusters.add(key);
    return key.name();
  }

  /** Timeouts and retries, each with the document that decides it. */
  private static void behaviour(
      Route.Builder message, @Nullable Candidate candidate, List<TrafficPolicy> policies) {
    message.setRequestTimeoutNanos(
        timeout(
            message,
            candidate,
            HttpRoute.Rule::requestTimeout,
            "timeouts.request",
            policies,
            TrafficPolicy::requestTimeout,
            "timeouts.request"));
    message.setPerTryTimeoutNanos(
        timeout(
            message,
            candidate,
            HttpRoute.Rule::backendRequestTimeout,
            "timeouts.backendRequest",
            policies,
            TrafficPolicy::perTryTimeout,
            "timeouts.perTry"));
    // What a rule says of requests to a backend is about whole responses (GEP-1742).
    message.setPerTryCoversResponse(
        candidate != null && candidate.rule().backendRequestTimeout() != null);
    streamIdle(message, policies);
    message.setRetry(Messages.retry(retry(message, candidate, policies)));
  }

  private static RetryConfig retry(
      Route.Builder message, @Nullable Candidate candidate, List<TrafficPolicy> policies) {
    HttpRoute.Retry own = candidate == null ? null : candidate.rule().retry();
    if (candidate != null && own != null) {
      String path = "spec.rules[" + candidate.ruleIndex() + "].retry";
      message.addOrigins(
          Messages.origin(
              candidate.route().kind().kind(), candidate.route().meta(), path, "retry"));
      return RouteMessages.retry(own);
    }
    for (TrafficPolicy policy : policies) {
      RetryConfig said = policy.retry();
      if (said != null) {
        message.addOrigins(
            Messages.origin(Kinds.TRAFFIC_POLICY, policy.meta(), "spec.retry", "retry"));
        return said;
      }
    }
    return RetryConfig.DEFAULT;
  }

  /** Left out where nobody has said it: the sidecar has a default. */
  private static void streamIdle(Route.Builder message, List<TrafficPolicy> policies) {
    for (TrafficPolicy policy : policies) {
      Duration said = policy.streamIdleTimeout();
      if (said != null) {
        message
            .addOrigins(
                Messages.origin(
                    Kinds.TRAFFIC_POLICY,
                    policy.meta(),
                    "spec.timeouts.streamIdle",
                    "timeouts.streamIdle"))
            .setStreamIdleTimeoutNanos(said.toNanos());
        return;
      }
    }
  }

  private static long timeout(
      Route.Builder message,
      @Nullable Candidate candidate,
      Function<HttpRoute.Rule, @Nullable Duration> ofRule,
      String ruleField,
      List<TrafficPolicy> policies,
      Function<TrafficPolicy, @Nullable Duration> ofPolicy,
      String policyField) {
    if (candidate != null) {
      Duration own = ofRule.apply(candidate.rule());
      if (own != null) {
        String path = "spec.rules[" + candidate.ruleIndex() + "]." + ruleField;
        message.addOrigins(
            Messages.origin(
                candidate.route().kind().kind(), candidate.route().meta(), path, policyField));
        return own.toNanos();
      }
    }
    for (TrafficPolicy policy : policies) {
      Duration said = ofPolicy.apply(policy);
      if (said != null) {
        message.addOrigins(
            Messages.origin(
                Kinds.TRAFFIC_POLICY, policy.meta(), "spec." + policyField, policyField));
        return said.toNanos();
      }
    }
    return 0;
  }
}
