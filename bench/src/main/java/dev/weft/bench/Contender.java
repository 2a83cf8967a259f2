package dev.weft.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A proxy under test: how it is started and where it listens. Every contender routes on {@link
 * Workload#HOSTS} hosts and a path prefix and adds {@code x-forwarded-for} and {@code traceparent}
 * to what it forwards.
 *
 * @param command the program without the pinning, which {@link Child} adds
 */
record Contender(String name, int port, List<String> command, Map<String, String> environment) {

  static Contender haproxy(String program, Path folder, int port, int originPort)
      throws IOException {
    var config = new StringBuilder();
    config.append(
        """
        global
          nbthread 1
          maxconn 4096
        defaults
          mode http
          timeout connect 5s
          timeout client 60s
          timeout server 60s
          option forwardfor
          http-reuse always
        frontend in
        """);
    config.append("  bind 127.0.0.1:").append(port).append('\n');
    config
        .append("  http-request set-header traceparent ")
        .append(Workload.TRACEPARENT)
        .append('\n');
    for (int i = 0; i < Workload.HOSTS; i++) {
      config.append(
          "  use_backend b%d if { hdr(host) %s } { path_beg /api }\n"
              .formatted(i, Workload.host(i)));
    }
    for (int i = 0; i < Workload.HOSTS; i++) {
      config.append("backend b%d\n  server o 127.0.0.1:%d\n".formatted(i, originPort));
    }
    Path file = Files.writeString(folder.resolve("haproxy.cfg"), config);
    return new Contender("haproxy", port, List.of(program, "-db", "-f", file.toString()), Map.of());
  }

  static Contender nginx(String program, Path folder, int port, int originPort) throws IOException {
    var servers = new StringBuilder();
    for (int i = 0; i < Workload.HOSTS; i++) {
      servers.append(
          """
            upstream u%1$d { server 127.0.0.1:%2$d; keepalive 128; keepalive_requests 1000000000; }
            server {
              listen 127.0.0.1:%3$d;
              server_name %4$s;
              location /api {
                proxy_pass http://u%1$d;
                proxy_http_version 1.1;
                proxy_set_header Connection "";
                proxy_set_header Host $host;
                proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                proxy_set_header traceparent %5$s;
              }
            }
          """
              .formatted(i, originPort, port, Workload.host(i), Workload.TRACEPARENT));
    }
    Path file =
        Files.writeString(
            folder.resolve("nginx.conf"), nginxConfig(folder, "nginx", servers.toString()));
    return new Contender(
        "nginx",
        port,
        List.of(program, "-c", file.toString(), "-e", folder.resolve("nginx.err").toString()),
        Map.of());
  }

  /** The origin that all contenders share: answers every path with 1 KB. */
  static Contender origin(String program, Path folder, int port) throws IOException {
    String server =
        """
          server { listen 127.0.0.1:%d; location / { default_type text/plain; return 200 "%s"; } }
        """
            .formatted(port, "x".repeat(1024));
    Path file =
        Files.writeString(folder.resolve("origin.conf"), nginxConfig(folder, "origin", server));
    return new Contender(
        "origin",
        port,
        List.of(program, "-c", file.toString(), "-e", folder.resolve("origin.err").toString()),
        Map.of());
  }

  private static String nginxConfig(Path folder, String name, String servers) {
    return """
        worker_processes 1;
        daemon off;
        pid %1$s/%2$s.pid;
        events { worker_connections 4096; }
        http {
          access_log off;
          keepalive_requests 1000000000;
          keepalive_timeout 600s;
          client_body_temp_path %1$s/%2$s-body;
          proxy_temp_path %1$s/%2$s-proxy;
          fastcgi_temp_path %1$s/%2$s-fastcgi;
          uwsgi_temp_path %1$s/%2$s-uwsgi;
          scgi_temp_path %1$s/%2$s-scgi;
        %3$s}
        """
        .formatted(folder, name, servers);
  }
}
