package dev.weft.bench.peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** nginx: one worker, as a contender configured for one wiring, or as the origin that all share. */
public final class Nginx {
  private static final int KB = 1024;

  private Nginx() {}

  /** Whether nginx can take part: it speaks no HTTP/2 to an origin, but for gRPC. */
  public static boolean can(Wiring wiring) {
    return !wiring.tcp() && (wiring.grpc() || wiring.out() == Protocol.HTTP1);
  }

  public static Contender contender(String program, Wiring wiring) throws IOException {
    var servers = new StringBuilder();
    for (int i = 0; i < Peers.HOSTS; i++) {
      servers.append(
          """
            upstream u%1$d { server 127.0.0.1:%2$d; keepalive 128; keepalive_requests 1000000000; }
            server {
              listen 127.0.0.1:%3$d%4$s;
              server_name %5$s;
          %6$s    location / {
          %7$s    }
            }
          """
              .formatted(
                  i,
                  wiring.originPort(),
                  wiring.port(),
                  listen(wiring),
                  Peers.host(i),
                  tls(wiring.inTls(), wiring.folder()),
                  wiring.grpc() ? "      grpc_pass grpc://u%d;\n".formatted(i) : pass(i, wiring)));
    }
    String name = "nginx-" + wiring.port();
    return contender(program, wiring.folder(), "nginx", name, wiring.port(), servers.toString());
  }

  /**
   * The origin: HTTP/1.1 on one port, HTTP/2 on the next, HTTP/1.1 with mutual TLS on a third;
   * answers every path with 1 KB, but {@code /1m} and {@code /100m} with a file of that size.
   */
  public static Contender origin(
      String program, Path folder, int http1Port, int http2Port, int mutualPort)
      throws IOException {
    Path files = Files.createDirectories(folder.resolve("files"));
    Files.write(files.resolve("1m"), new byte[KB * KB]);
    Files.write(files.resolve("100m"), new byte[100 * KB * KB]);
    String body =
        """
            location / { default_type text/plain; return 200 "%s"; }
            location = /1m { root %s; }
            location = /100m { root %s; }
            location = /api/100m { alias %s/100m; }
        """
            .formatted("x".repeat(KB), files, files, files);
    String servers =
        """
          sendfile on;
          server { listen 127.0.0.1:%d;
        %s  }
          server { listen 127.0.0.1:%d http2;
        %s  }
          server { listen 127.0.0.1:%d ssl;
        %s%s  }
        """
            .formatted(http1Port, body, http2Port, body, mutualPort, tls(Tls.MUTUAL, folder), body);
    return contender(program, folder, "origin", "origin", http1Port, servers);
  }

  private static String listen(Wiring wiring) {
    return (wiring.inTls() == Tls.NONE ? "" : " ssl")
        + (wiring.in() == Protocol.HTTP2 ? " http2" : "");
  }

  private static String pass(int i, Wiring wiring) {
    String pass =
        """
              proxy_pass %s://u%d;
              proxy_http_version 1.1;
              proxy_request_buffering off;
              proxy_set_header Connection "";
              proxy_set_header Host $host;
              proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
              proxy_set_header traceparent %s;
        """
            .formatted(wiring.outTls() == Tls.NONE ? "http" : "https", i, Peers.TRACEPARENT);
    if (wiring.outTls() != Tls.MUTUAL) {
      return pass;
    }
    return pass
        + """
              proxy_ssl_certificate %1$s/cert.pem;
              proxy_ssl_certificate_key %1$s/key.pem;
              proxy_ssl_trusted_certificate %1$s/ca.pem;
              proxy_ssl_verify on;
              proxy_ssl_name localhost;
              proxy_ssl_protocols TLSv1.3;
        """
            .formatted(wiring.folder());
  }

  private static String tls(Tls tls, Path folder) {
    if (tls == Tls.NONE) {
      return "";
    }
    String server =
        """
            ssl_certificate %1$s/cert.pem;
            ssl_certificate_key %1$s/key.pem;
            ssl_protocols TLSv1.3;
        """
            .formatted(folder);
    return tls == Tls.SERVER
        ? server
        : server
            + """
                  ssl_client_certificate %s/ca.pem;
                  ssl_verify_client on;
              """
                .formatted(folder);
  }

  private static Contender contender(
      String program, Path folder, String name, String files, int port, String servers)
      throws IOException {
    String config =
        """
        worker_processes 1;
        worker_rlimit_nofile 50000;
        daemon off;
        pid %1$s/%2$s.pid;
        events { worker_connections 24000; }
        http {
          access_log off;
          keepalive_requests 1000000000;
          keepalive_timeout 600s;
          client_max_body_size 0;
          client_body_temp_path %1$s/%2$s-body;
          proxy_temp_path %1$s/%2$s-proxy;
          fastcgi_temp_path %1$s/%2$s-fastcgi;
          uwsgi_temp_path %1$s/%2$s-uwsgi;
          scgi_temp_path %1$s/%2$s-scgi;
        %3$s}
        """
            .formatted(folder, files, servers);
    Path file = Files.writeString(folder.resolve(files + ".conf"), config);
    return new Contender(
        name,
        port,
        List.of(program, "-c", file.toString(), "-e", folder.resolve(files + ".err").toString()),
        Map.of());
  }
}
