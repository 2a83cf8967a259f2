package dev.weft.controlplane.compile;

import dev.weft.common.config.ClusterConfig.HealthCheckConfig;
import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.ClusterConfig.OutlierConfig;
import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.CorsConfig;
import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.common.config.MatchConfig;
import dev.weft.common.config.MatchConfig.ValueMatch;
import dev.weft.common.config.RetryConfig;
import dev.weft.common.config.UpstreamTlsConfig;
import dev.weft.controlplane.model.DocumentMeta;
import dev.weft.controlplane.model.HeaderChange;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.model.WorkloadPort;
import dev.weft.proto.discovery.v1.ConnectionLimits;
import dev.weft.proto.discovery.v1.CorsPolicy;
import dev.weft.proto.discovery.v1.Endpoint;
import dev.weft.proto.discovery.v1.GrpcHealthCheck;
import dev.weft.proto.discovery.v1.Header;
import dev.weft.proto.discovery.v1.HeaderEdits;
import dev.weft.proto.discovery.v1.HeaderMatch;
import dev.weft.proto.discovery.v1.HealthCheck;
import dev.weft.proto.discovery.v1.HttpHealthCheck;
import dev.weft.proto.discovery.v1.Locality;
import dev.weft.proto.discovery.v1.Origin;
import dev.weft.proto.discovery.v1.OutlierDetection;
import dev.weft.proto.discovery.v1.PeerKind;
import dev.weft.proto.discovery.v1.Protocol;
import dev.weft.proto.discovery.v1.QueryMatch;
import dev.weft.proto.discovery.v1.RetryOn;
import dev.weft.proto.discovery.v1.RetryPolicy;
import dev.weft.proto.discovery.v1.RouteMatch;
import dev.weft.proto.discovery.v1.TcpHealthCheck;
import dev.weft.proto.discovery.v1.TlsVersion;
import dev.weft.proto.discovery.v1.UpstreamTls;

/**
 * From records to messages, field by field. Pure; sets are written in the order of their enum, so
 * that equal content has equal bytes.
 */
final class Messages {
  private Messages() {}

  static Origin origin(Service service, String decides) {
    return Origin.newBuilder()
        .setKind("Service")
        .setNamespace(service.namespace())
        .setName(service.name())
        .setDecides(decides)
        .setRevision(service.revision())
        .build();
  }

  static Origin origin(String kind, DocumentMeta document, String fieldPath, String decides) {
    return Origin.newBuilder()
        .setKind(kind)
        .setNamespace(document.namespace())
        .setName(document.name())
        .setFieldPath(fieldPath)
        .setDecides(decides)
        .setRevision(document.revision())
        .build();
  }

  static RouteMatch match(MatchConfig match) {
    var message =
        RouteMatch.newBuilder().setMethod(match.method()).setServerName(match.serverName());
    switch (match.pathKind()) {
      case EXACT -> message.setExactPath(match.path());
      case PREFIX -> message.setPathPrefix(match.path());
      case REGEX -> message.setPathRegex(match.path());
    }
    for (ValueMatch header : match.headers()) {
      var value = HeaderMatch.newBuilder().setName(header.name());
      message.addHeaders(
          header.regex() ? value.setRegex(header.value()) : value.setExact(header.value()));
    }
    for (ValueMatch parameter : match.query()) {
      var value = QueryMatch.newBuilder().setName(parameter.name());
      message.addQuery(
          parameter.regex()
              ? value.setRegex(parameter.value())
              : value.setExact(parameter.value()));
    }
    return message.build();
  }

  static HeaderEdits headers(HeaderChange change) {
    var message = HeaderEdits.newBuilder();
    change.set().forEach(header -> message.addSet(header(header)));
    change.add().forEach(header -> message.addAdd(header(header)));
    return message.addAllRemove(change.remove()).build();
  }

  private static Header header(HeaderChange.Header header) {
    return Header.newBuilder().setName(header.name()).setValue(header.value()).build();
  }

  static RetryPolicy retry(RetryConfig retry) {
    var message =
        RetryPolicy.newBuilder()
            .setAttempts(retry.attempts())
            .setBudgetPercent(retry.budgetPercent())
            .setBaseBackoffNanos(retry.baseBackoffNanos())
            .setMaxBackoffNanos(retry.maxBackoffNanos());
    retry.on().stream()
        .sorted()
        .forEach(
            on ->
                message.addOn(
                    switch (on) {
                      case CONNECT_FAILURE -> RetryOn.CONNECT_FAILURE;
                      case RESET -> RetryOn.RESET;
                      case GATEWAY_ERROR -> RetryOn.GATEWAY_ERROR;
                      case SERVER_ERROR -> RetryOn.SERVER_ERROR;
                      case PER_TRY_TIMEOUT -> RetryOn.PER_TRY_TIMEOUT;
                    }));
    for (int status = 1; status <= 16; status++) {
      if ((retry.grpcStatuses() & 1 << status) != 0) {
        message.addGrpcStatuses(status);
      }
    }
    retry.statuses().stream().sorted().forEach(message::addStatuses);
    return message.setMinBackoffNanos(retry.minBackoffNanos()).build();
  }

  static CorsPolicy cors(CorsConfig cors) {
    return CorsPolicy.newBuilder()
        .addAllAllowOrigins(cors.allowOrigins())
        .setAllowCredentials(cors.allowCredentials())
        .addAllAllowMethods(cors.allowMethods())
        .addAllAllowHeaders(cors.allowHeaders())
        .addAllExposeHeaders(cors.exposeHeaders())
        .setMaxAgeSeconds(cors.maxAgeSeconds())
        .build();
  }

  static OutlierDetection outlierDetection(OutlierConfig outlier) {
    return OutlierDetection.newBuilder()
        .setConsecutiveFailures(outlier.consecutiveFailures())
        .setBaseEjectionNanos(outlier.baseEjectionNanos())
        .setMaxEjectionNanos(outlier.maxEjectionNanos())
        .setMaxEjectionPercent(outlier.maxEjectionPercent())
        .build();
  }

  static HealthCheck healthCheck(HealthCheckConfig check) {
    var message =
        HealthCheck.newBuilder()
            .setIntervalNanos(check.intervalNanos())
            .setTimeoutNanos(check.timeoutNanos())
            .setUnhealthyThreshold(check.unhealthyThreshold())
            .setHealthyThreshold(check.healthyThreshold());
    String path = check.httpPath();
    String grpcService = check.grpcService();
    if (grpcService != null) {
      message.setGrpc(GrpcHealthCheck.newBuilder().setService(grpcService));
    } else if (path == null) {
      message.setTcp(TcpHealthCheck.getDefaultInstance());
    } else {
      message.setHttp(
          HttpHealthCheck.newBuilder()
              .setPath(path)
              .addAllExpectedStatuses(check.expectedStatuses()));
    }
    return message.build();
  }

  static ConnectionLimits limits(LimitsConfig limits) {
    return ConnectionLimits.newBuilder()
        .setMaxConnections(limits.maxConnections())
        .setMaxPendingRequests(limits.maxPendingRequests())
        .setMaxRequests(limits.maxRequests())
        .setConnectTimeoutNanos(limits.connectTimeoutNanos())
        .build();
  }

  static dev.weft.proto.discovery.v1.ProxyProtocol proxyProtocol(ProxyProtocol header) {
    return switch (header) {
      case OFF -> dev.weft.proto.discovery.v1.ProxyProtocol.PROXY_PROTOCOL_UNSPECIFIED;
      case V1 -> dev.weft.proto.discovery.v1.ProxyProtocol.PROXY_PROTOCOL_V1;
      case V2 -> dev.weft.proto.discovery.v1.ProxyProtocol.PROXY_PROTOCOL_V2;
    };
  }

  static UpstreamTls tls(UpstreamTlsConfig tls) {
    return UpstreamTls.newBuilder()
        .setServerName(tls.serverName())
        .addAllSubjectAltNames(tls.subjectAltNames())
        .setCaCertificates(tls.caCertificates())
        .setClientCertificate(tls.clientCertificate())
        .setMinVersion(
            switch (tls.minVersion()) {
              case TLS_1_2 -> TlsVersion.TLS_1_2;
              case TLS_1_3 -> TlsVersion.TLS_1_3;
            })
        .build();
  }

  static Endpoint endpoint(Workload workload, WorkloadPort port) {
    var message =
        Endpoint.newBuilder()
            .setId(workload.id())
            .setAddress(workload.address())
            .setPort(port.port())
            .setWeight(workload.weightInForce())
            .setLocality(locality(workload.locality()))
            .setPeer(workload.sidecar() ? PeerKind.SIDECAR : PeerKind.APPLICATION)
            .setIdentity(workload.identity())
            .setIncarnation(workload.incarnation());
    if (workload.pod() == null) {
      // A pod's labels are many, and no sidecar chooses by them.
      message.putAllLabels(workload.labels());
    }
    port.protocols().stream().sorted().forEach(one -> message.addProtocols(protocol(one)));
    if (port.protocols().isEmpty()) {
      message.addProtocols(Protocol.HTTP1);
    }
    return message.build();
  }

  static Locality locality(dev.weft.common.config.Locality locality) {
    return Locality.newBuilder()
        .setRegion(locality.region())
        .setZone(locality.zone())
        .setSubZone(locality.subZone())
        .build();
  }

  static Protocol protocol(WireProtocol protocol) {
    return switch (protocol) {
      case HTTP1 -> Protocol.HTTP1;
      case HTTP2 -> Protocol.HTTP2;
      case TCP -> Protocol.TCP;
    };
  }
}
