package dev.weft.common.wire;

import dev.weft.common.config.BackendConfig;
import dev.weft.common.config.DnsNameConfig;
import dev.weft.common.config.MatchConfig;
import dev.weft.common.config.MatchConfig.PathKind;
import dev.weft.common.config.MatchConfig.ValueMatch;
import dev.weft.common.config.RetryConfig;
import dev.weft.common.config.RouteConfig;
import dev.weft.common.config.VirtualHostConfig;
import dev.weft.common.head.HeadEdits;
import dev.weft.proto.discovery.v1.DnsName;
import dev.weft.proto.discovery.v1.Header;
import dev.weft.proto.discovery.v1.HeaderEdits;
import dev.weft.proto.discovery.v1.HeaderMatch;
import dev.weft.proto.discovery.v1.QueryMatch;
import dev.weft.proto.discovery.v1.RetryPolicy;
import dev.weft.proto.discovery.v1.Route;
import dev.weft.proto.discovery.v1.RouteMatch;
import dev.weft.proto.discovery.v1.VirtualHost;
import dev.weft.proto.discovery.v1.WeightedBackend;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Virtual hosts and all that is in them. */
final class VirtualHosts {
  private static final int MAX_ROUTES = 4096;
  private static final int MAX_BACKENDS = 256;
  private static final int MAX_CONDITIONS = 64;
  private static final int MAX_EDITS = 64;
  private static final int MAX_STATUSES = 200;
  private static final int MAX_NEAR_MISSES = 5;
  private static final int MAX_TEXT = 512;
  private static final int MAX_ADDRESSES = 1000;

  private VirtualHosts() {}

  static VirtualHostConfig decode(At at, VirtualHost host) throws WireException {
    String name = at.resourceName();
    int slash = name.indexOf('/');
    at.field("name")
        .check(
            slash > 0
                && Syntax.isDnsLabel(name.substring(0, slash))
                && slash + 1 < name.length()
                && name.equals(name.toLowerCase(Locale.ROOT)),
            name,
            "<caller's namespace>/<authority in lower case>");
    List<String> nearMisses = host.getNearMissesList();
    at.field("near_misses").count(nearMisses, MAX_NEAR_MISSES);
    for (int i = 0; i < nearMisses.size(); i++) {
      at.item("near_misses", i).text(nearMisses.get(i), MAX_TEXT);
    }
    List<Route> routes = host.getRoutesList();
    at.field("routes").count(routes, MAX_ROUTES);
    DnsNameConfig dns = host.hasDns() ? dns(at.field("dns"), host.getDns()) : null;
    if (host.getNotFound()) {
      at.field("routes").check(routes.isEmpty(), routes.size() + " routes", "none with not_found");
      at.field("dns").check(dns == null, "present", "absent with not_found");
    } else if (dns != null) {
      at.field("routes").check(routes.isEmpty(), routes.size() + " routes", "none with dns");
    } else {
      at.field("routes").check(!routes.isEmpty(), "no route", "at least one");
      at.field("near_misses").check(nearMisses.isEmpty(), nearMisses, "none without not_found");
    }
    Set<String> names = At.names();
    var decoded = new ArrayList<RouteConfig>(routes.size());
    for (int i = 0; i < routes.size(); i++) {
      At one = at.item("routes", i);
      RouteConfig route = route(one, routes.get(i));
      one.field("name").unique(names, route.name());
      decoded.add(route);
    }
    return new VirtualHostConfig(name, !host.getNotFound(), nearMisses, decoded, dns);
  }

  private static DnsNameConfig dns(At at, DnsName dns) throws WireException {
    List<String> addresses = dns.getAddressesList();
    at.field("addresses").check(!addresses.isEmpty(), "no address", "at least one");
    at.field("addresses").count(addresses, MAX_ADDRESSES);
    var decoded = new ArrayList<InetAddress>(addresses.size());
    for (int i = 0; i < addresses.size(); i++) {
      String address = addresses.get(i);
      at.item("addresses", i).check(Syntax.isIpAddress(address), address, "an IP address");
      decoded.add(InetAddress.ofLiteral(address));
    }
    return new DnsNameConfig(decoded, dns.getInstances());
  }

  private static RouteConfig route(At at, Route route) throws WireException {
    return new RouteConfig(
        at.field("name").text(route.getName(), MAX_TEXT),
        WireDecoder.origins(at, route.getOriginsList()),
        match(at.field("match"), route.getMatch()),
        backends(at, route.getBackendsList()),
        edits(at.field("request_headers"), route.getRequestHeaders()),
        edits(at.field("response_headers"), route.getResponseHeaders()),
        at.field("request_timeout_nanos").nanos(route.getRequestTimeoutNanos(), 0),
        at.field("per_try_timeout_nanos").nanos(route.getPerTryTimeoutNanos(), 0),
        route.getPerTryCoversResponse(),
        route.hasStreamIdleTimeoutNanos()
            ? at.field("stream_idle_timeout_nanos").nanos(route.getStreamIdleTimeoutNanos(), 0)
            : RouteConfig.DEFAULT_IDLE,
        route.hasRetry() ? retry(at.field("retry"), route.getRetry()) : RetryConfig.DEFAULT,
        RouteFilters.decode(at, route));
  }

  private static MatchConfig match(At at, RouteMatch match) throws WireException {
    PathKind kind = PathKind.PREFIX;
    String path = "/";
    switch (match.getPathCase()) {
      case EXACT_PATH -> {
        kind = PathKind.EXACT;
        path = path(at.field("exact_path"), match.getExactPath());
      }
      case PATH_PREFIX -> {
        At prefix = at.field("path_prefix");
        path = path(prefix, match.getPathPrefix());
        prefix.check(path.length() == 1 || !path.endsWith("/"), path, "no \"/\" at the end");
      }
      case PATH_REGEX -> {
        kind = PathKind.REGEX;
        path = at.field("path_regex").regex(match.getPathRegex());
      }
      case PATH_NOT_SET -> {}
    }
    String method = match.getMethod();
    at.field("method")
        .check(method.isEmpty() || Syntax.isToken(method), method, "an HTTP method or nothing");
    return new MatchConfig(
        kind,
        path,
        method,
        headers(at, match.getHeadersList()),
        query(at, match.getQueryList()),
        serverName(at.field("server_name"), match.getServerName()));
  }

  private static String serverName(At at, String name) throws WireException {
    at.check(
        name.isEmpty() || Syntax.isServerName(name),
        name,
        "a DNS name in lower case, its first label perhaps \"*\", or nothing");
    return name;
  }

  private static String path(At at, String path) throws WireException {
    String error = Syntax.pathError(path);
    if (error != null) {
      throw at.wrong(path, error);
    }
    return path;
  }

  private static List<ValueMatch> headers(At at, List<HeaderMatch> headers) throws WireException {
    at.field("headers").count(headers, MAX_CONDITIONS);
    Set<String> names = At.names();
    var decoded = new ArrayList<ValueMatch>(headers.size());
    for (int i = 0; i < headers.size(); i++) {
      At one = at.item("headers", i);
      HeaderMatch header = headers.get(i);
      String name = headerName(one.field("name"), header.getName());
      one.field("name").unique(names, name);
      decoded.add(
          switch (header.getValueCase()) {
            case EXACT ->
                new ValueMatch(name, headerValue(one.field("exact"), header.getExact()), false);
            case REGEX -> new ValueMatch(name, one.field("regex").regex(header.getRegex()), true);
            case VALUE_NOT_SET -> throw one.field("value").wrong("unset", "exact or regex");
          });
    }
    return decoded;
  }

  private static List<ValueMatch> query(At at, List<QueryMatch> query) throws WireException {
    at.field("query").count(query, MAX_CONDITIONS);
    Set<String> names = At.names();
    var decoded = new ArrayList<ValueMatch>(query.size());
    for (int i = 0; i < query.size(); i++) {
      At one = at.item("query", i);
      QueryMatch parameter = query.get(i);
      String name = one.field("name").text(parameter.getName(), Syntax.MAX_NAME);
      one.field("name").unique(names, name);
      decoded.add(
          switch (parameter.getValueCase()) {
            case EXACT ->
                new ValueMatch(
                    name,
                    one.field("exact").optionalText(parameter.getExact(), Syntax.MAX_VALUE),
                    false);
            case REGEX ->
                new ValueMatch(name, one.field("regex").regex(parameter.getRegex()), true);
            case VALUE_NOT_SET -> throw one.field("value").wrong("unset", "exact or regex");
          });
    }
    return decoded;
  }

  private static List<BackendConfig> backends(At at, List<WeightedBackend> backends)
      throws WireException {
    at.field("backends").check(!backends.isEmpty(), "no backend", "at least one");
    at.field("backends").count(backends, MAX_BACKENDS);
    var decoded = new ArrayList<BackendConfig>(backends.size());
    for (int i = 0; i < backends.size(); i++) {
      At one = at.item("backends", i);
      WeightedBackend backend = backends.get(i);
      String cluster = backend.getCluster();
      one.field("cluster")
          .check(
              cluster.isEmpty() || Syntax.isClusterName(cluster),
              cluster,
              "<service>.<namespace>:<port>, or nothing for a dangling reference");
      decoded.add(
          new BackendConfig(
              cluster,
              one.field("weight").range(backend.getWeight(), 0, Syntax.MAX_WEIGHT),
              edits(one.field("request_headers"), backend.getRequestHeaders()),
              edits(one.field("response_headers"), backend.getResponseHeaders())));
    }
    return decoded;
  }

  private static HeadEdits edits(At at, HeaderEdits edits) throws WireException {
    if (edits.getSetCount() + edits.getAddCount() + edits.getRemoveCount() == 0) {
      return HeadEdits.NONE;
    }
    // A name in two of the lists would leave the outcome to the order of application.
    Set<String> names = At.names();
    List<HeadEdits.Line> set = lines(at, "set", edits.getSetList(), names);
    List<HeadEdits.Line> add = lines(at, "add", edits.getAddList(), names);
    at.field("remove").count(edits.getRemoveList(), MAX_EDITS);
    var remove = new ArrayList<byte[]>(edits.getRemoveCount());
    for (int i = 0; i < edits.getRemoveCount(); i++) {
      String name = editableName(at.item("remove", i), edits.getRemove(i), names);
      remove.add(name.getBytes(StandardCharsets.US_ASCII));
    }
    return new HeadEdits(set, add, remove);
  }

  private static List<HeadEdits.Line> lines(
      At at, String list, List<Header> headers, Set<String> names) throws WireException {
    at.field(list).count(headers, MAX_EDITS);
    var lines = new ArrayList<HeadEdits.Line>(headers.size());
    for (int i = 0; i < headers.size(); i++) {
      At one = at.item(list, i);
      String name = editableName(one.field("name"), headers.get(i).getName(), names);
      lines.add(
          HeadEdits.Line.of(name, headerValue(one.field("value"), headers.get(i).getValue())));
    }
    return lines;
  }

  private static String editableName(At at, String name, Set<String> names) throws WireException {
    headerName(at, name);
    at.check(Syntax.isEditableHeader(name), name, "a header that does not frame the message");
    at.unique(names, name);
    return name;
  }

  private static String headerName(At at, String name) throws WireException {
    at.check(Syntax.isLowerCaseToken(name), name, "a header name in lower case");
    return name;
  }

  private static String headerValue(At at, String value) throws WireException {
    at.check(
        Syntax.isHeaderValue(value),
        value,
        "printable ASCII without CR, LF and NUL, without blanks around it");
    return value;
  }

  private static RetryConfig retry(At at, RetryPolicy retry) throws WireException {
    int attempts = at.field("attempts").range(retry.getAttempts(), 0, 10);
    var on = EnumSet.noneOf(RetryConfig.RetryOn.class);
    for (int i = 0; i < retry.getOnCount(); i++) {
      At one = at.item("on", i);
      RetryConfig.RetryOn reason = RetryConfig.RetryOn.valueOf(one.known(retry.getOn(i)).name());
      one.check(on.add(reason), reason, "a value that occurs once");
    }
    int grpcStatuses = 0;
    for (int i = 0; i < retry.getGrpcStatusesCount(); i++) {
      At one = at.item("grpc_statuses", i);
      int bit = 1 << one.range(retry.getGrpcStatuses(i), 1, 16);
      one.check((grpcStatuses & bit) == 0, retry.getGrpcStatuses(i), "a value that occurs once");
      grpcStatuses |= bit;
    }
    var statuses = new HashSet<Integer>();
    at.field("statuses").count(retry.getStatusesList(), MAX_STATUSES);
    for (int i = 0; i < retry.getStatusesCount(); i++) {
      At one = at.item("statuses", i);
      int status = one.range(retry.getStatuses(i), 400, 599);
      one.check(statuses.add(status), status, "a value that occurs once");
    }
    at.field("on")
        .check(
            attempts == 0 || !on.isEmpty() || grpcStatuses != 0 || !statuses.isEmpty(),
            "empty",
            "at least one reason with attempts above 0");
    long base = at.field("base_backoff_nanos").nanos(retry.getBaseBackoffNanos(), 0);
    long max = at.field("max_backoff_nanos").nanos(retry.getMaxBackoffNanos(), 0);
    at.field("max_backoff_nanos").check(max >= base, max, "at least base_backoff_nanos: " + base);
    return new RetryConfig(
        attempts,
        on,
        at.field("budget_percent").range(retry.getBudgetPercent(), 0, 100),
        base,
        max,
        grpcStatuses,
        statuses,
        at.field("min_backoff_nanos").nanos(retry.getMinBackoffNanos(), 0));
  }
}
