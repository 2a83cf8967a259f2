package dev.weft.bench.peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Envoy, one worker, a static configuration for one wiring; bare, or as a mesh runs it. */
public final class Envoy {
  private static final String TYPE = "\"@type\": type.googleapis.com/envoy.extensions.";

  private Envoy() {}

  public static Contender contender(String program, Wiring wiring) throws IOException {
    Path file =
        Files.writeString(
            wiring.folder().resolve("envoy-" + wiring.port() + ".yaml"), config(wiring));
    return new Contender(
        wiring.mesh() ? "envoy-mesh" : "envoy",
        wiring.port(),
        List.of(
            program,
            "--concurrency",
            "1",
            "--disable-hot-restart",
            "--log-level",
            "error",
            "-c",
            file.toString()),
        Map.of());
  }

  // In YAML's flow style, where indentation says nothing.
  private static String config(Wiring wiring) {
    var clusters = new StringBuilder();
    for (int i = 0; i < (wiring.tcp() ? 1 : Peers.HOSTS); i++) {
      clusters.append(cluster(i, wiring)).append(",\n");
    }
    String socket =
        wiring.inTls() == Tls.NONE
            ? ""
            : """
              transport_socket: {name: tls, typed_config: {
                %stransport_sockets.tls.v3.DownstreamTlsContext,
                require_client_certificate: %s, %s}},
              """
                .formatted(
                    TYPE, wiring.inTls() == Tls.MUTUAL, tls(wiring.inTls(), wiring.folder()));
    return """
        {static_resources: {
          listeners: [{name: in,
            address: {socket_address: {address: 127.0.0.1, port_value: %d}},
            filter_chains: [{
        %s      filters: [%s]}]}],
          clusters: [
        %s]}}
        """
        .formatted(
            wiring.port(), socket, wiring.tcp() ? tcpProxy() : connectionManager(wiring), clusters);
  }

  private static String tcpProxy() {
    return "{name: tcp, typed_config: {"
        + TYPE
        + "filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: in, cluster: c0}}";
  }

  private static String connectionManager(Wiring wiring) {
    var hosts = new StringBuilder();
    String action =
        wiring.mesh()
            ? "timeout: 0s, retry_policy: {retry_on: \"connect-failure,refused-stream,reset\", num_retries: 2}"
            : "timeout: 0s";
    for (int i = 0; i < Peers.HOSTS; i++) {
      hosts.append(
          """
          {name: h%1$d, domains: ["%2$s", "%2$s:*"], routes: [
            {match: {prefix: /api}, route: {cluster: c%1$d, %3$s}}]},
          """
              .formatted(i, Peers.host(i), action));
    }
    String log =
        wiring.mesh()
            ? "access_log: [{name: file, typed_config: {"
                + TYPE
                + "access_loggers.file.v3.FileAccessLog, path: "
                + wiring.folder().resolve("envoy-access.log")
                + "}}],"
            : "";
    return """
        {name: http, typed_config: {
          %1$sfilters.network.http_connection_manager.v3.HttpConnectionManager,
          stat_prefix: in, codec_type: %2$s, use_remote_address: true, generate_request_id: %3$s,
          stream_idle_timeout: 600s, delayed_close_timeout: 0s,
          http_protocol_options: {accept_http_10: true}, %4$s
          http_filters: [{name: router, typed_config: {%1$sfilters.http.router.v3.Router}}],
          route_config: {
            request_headers_to_add: [{header: {key: traceparent, value: %5$s},
              append_action: OVERWRITE_IF_EXISTS_OR_ADD}],
            virtual_hosts: [
        %6$s]}}}
        """
        .formatted(
            TYPE,
            wiring.in() == Protocol.HTTP2 ? "HTTP2" : "HTTP1",
            wiring.mesh(),
            log,
            Peers.TRACEPARENT,
            hosts);
  }

  private static String cluster(int i, Wiring wiring) {
    String text =
        """
        {name: c%1$d, type: STATIC, connect_timeout: 5s,
          circuit_breakers: {thresholds: [
            {max_connections: 20000, max_pending_requests: 20000, max_requests: 20000}]},
          load_assignment: {cluster_name: c%1$d, endpoints: [{lb_endpoints: [{endpoint: {
            address: {socket_address: {address: 127.0.0.1, port_value: %2$d}}}}]}]}"""
            .formatted(i, wiring.originPort());
    if (wiring.mesh()) {
      text += ", outlier_detection: {}";
    }
    if (wiring.out() == Protocol.HTTP2) {
      text +=
          """
          , typed_extension_protocol_options: {
            envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {
              "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions,
              explicit_http_config: {http2_protocol_options: {}}}}""";
    }
    if (wiring.outTls() != Tls.NONE) {
      text +=
          """
          , transport_socket: {name: tls, typed_config: {
            %stransport_sockets.tls.v3.UpstreamTlsContext, sni: localhost, %s}}"""
              .formatted(TYPE, tls(wiring.outTls(), wiring.folder()));
    }
    return text + "}";
  }

  private static String tls(Tls tls, Path folder) {
    String validation =
        tls == Tls.MUTUAL
            ? ", validation_context: {trusted_ca: {filename: " + folder.resolve("ca.pem") + "}}"
            : "";
    return """
        common_tls_context: {
          tls_params: {tls_minimum_protocol_version: TLSv1_3, tls_maximum_protocol_version: TLSv1_3},
          tls_certificates: [{certificate_chain: {filename: %1$s/cert.pem},
            private_key: {filename: %1$s/key.pem}}]%2$s}"""
        .formatted(folder, validation);
  }
}
