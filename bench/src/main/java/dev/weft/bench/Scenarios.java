package dev.weft.bench;

import static dev.weft.bench.report.Contenders.ENVOY;
import static dev.weft.bench.report.Contenders.ENVOY_MESH;
import static dev.weft.bench.report.Contenders.HAPROXY;
import static dev.weft.bench.report.Contenders.NGINX;
import static dev.weft.bench.report.Contenders.RELAY;
import static dev.weft.bench.report.Contenders.WEFT;
import static dev.weft.bench.report.Contenders.WEFT_BEFORE;

import dev.weft.bench.load.Ab;
import dev.weft.bench.load.H2load;
import dev.weft.bench.load.Pacer;
import dev.weft.bench.load.Workload;
import dev.weft.bench.load.Wrk;
import dev.weft.bench.peer.AppOrigin;
import dev.weft.bench.peer.Peers;
import dev.weft.bench.peer.Protocol;
import dev.weft.bench.peer.Tls;
import dev.weft.bench.report.Measures;
import java.util.List;

/** The benches in which every contender is loaded as much as it takes. */
final class Scenarios {
  static final String HOST = Peers.host(7);
  static final int CONNECTIONS = 64;

  private static final List<String> PROXIES = List.of(HAPROXY, NGINX, ENVOY, WEFT, WEFT_BEFORE);
  private static final int H2_CLIENTS = 8;
  private static final int H2_STREAMS = 32;
  private static final int BIG_CONNECTIONS = 4;
  private static final int BIG_MEGABYTES = 100;

  static final Scenario HTTP1 =
      new Scenario(
          "http1",
          "HTTP/1.1, bare route, 64 connections",
          Way.plain(Protocol.HTTP1, Protocol.HTTP1),
          List.of(HAPROXY, NGINX, ENVOY, RELAY, WEFT, WEFT_BEFORE),
          run -> run.http1Origin,
          run -> Wrk.gets(run.folder, "http", HOST, Workload.PATH, CONNECTIONS, ""),
          Measures.CPU,
          0);

  private Scenarios() {}

  static List<Scenario> all() {
    return List.of(
        HTTP1,
        new Scenario(
            "mesh",
            "HTTP/1.1 as a mesh runs it: access log, metrics, trace header, retries, outlier detection (HAProxy bare)",
            HTTP1.way().asMesh(),
            List.of(HAPROXY, ENVOY_MESH, WEFT, WEFT_BEFORE),
            HTTP1.origin(),
            HTTP1.loads(),
            Measures.CPU,
            0),
        http2("h2-h2", "HTTP/2 to HTTP/2, 8 connections of 32 streams", Protocol.HTTP2),
        http2("h2-h1", "HTTP/2 to HTTP/1.1, 8 connections of 32 streams", Protocol.HTTP1),
        new Scenario(
            "h1-h2",
            "HTTP/1.1 to HTTP/2, 64 connections",
            Way.plain(Protocol.HTTP1, Protocol.HTTP2),
            PROXIES,
            run -> run.http2Origin,
            HTTP1.loads(),
            Measures.CPU,
            0),
        grpc("grpc-unary", "gRPC, one message each way", AppOrigin.UNARY, 1),
        grpc(
            "grpc-stream",
            "gRPC, 100 messages streamed by the server",
            AppOrigin.STREAM,
            AppOrigin.STREAMED),
        new Scenario(
            "tls",
            "TLS 1.3 in, plaintext out, keep-alive",
            Way.tls(Tls.SERVER, Tls.NONE),
            PROXIES,
            run -> run.http1Origin,
            run -> Wrk.gets(run.folder, "https", HOST, Workload.PATH, CONNECTIONS, ""),
            Measures.CPU,
            0),
        new Scenario(
            "mtls-in",
            "mutual TLS 1.3 in, plaintext out, keep-alive",
            Way.tls(Tls.MUTUAL, Tls.NONE),
            PROXIES,
            run -> run.http1Origin,
            run -> Pacer.mutualTls(HOST, CONNECTIONS, run.folder),
            Measures.CPU,
            0),
        new Scenario(
            "mtls-out",
            "plaintext in, mutual TLS 1.3 out, keep-alive",
            Way.tls(Tls.NONE, Tls.MUTUAL),
            PROXIES,
            run -> run.mutualOrigin,
            HTTP1.loads(),
            Measures.CPU,
            0),
        new Scenario(
            "handshakes",
            "TLS 1.3, a full handshake with a P-256 certificate for every request",
            Way.tls(Tls.SERVER, Tls.NONE),
            PROXIES,
            run -> run.http1Origin,
            run -> Ab.handshakes(run.folder, HOST, Workload.PATH, CONNECTIONS),
            Measures.CPU_HANDSHAKE,
            0),
        new Scenario(
            "resumptions",
            "TLS 1.3, a new connection for every request, which resumes a session by a ticket",
            Way.tls(Tls.SERVER, Tls.NONE),
            PROXIES,
            run -> run.http1Origin,
            run ->
                Wrk.gets(
                    run.folder,
                    "https",
                    HOST,
                    Workload.PATH,
                    CONNECTIONS,
                    "wrk.headers[\"Connection\"] = \"close\"\n"),
            Measures.CPU_HANDSHAKE,
            0),
        tcp("tcp-1k", "TCP relay, answers of 1 KB", Workload.PATH, CONNECTIONS, 0),
        tcp("tcp-1m", "TCP relay, answers of 1 MB", "/1m", BIG_CONNECTIONS, 1),
        new Scenario(
            "body-down",
            "HTTP/1.1, bodies of 100 MB down",
            HTTP1.way(),
            PROXIES,
            run -> run.http1Origin,
            run -> Wrk.gets(run.folder, "http", HOST, "/api/100m", BIG_CONNECTIONS, ""),
            Measures.CPU,
            BIG_MEGABYTES),
        new Scenario(
            "body-up",
            "HTTP/1.1, bodies of 100 MB up",
            HTTP1.way(),
            PROXIES,
            run -> run.uploadOrigin,
            run ->
                Wrk.gets(
                    run.folder,
                    "http",
                    HOST,
                    "/api/upload",
                    BIG_CONNECTIONS,
                    "wrk.method = \"POST\"\nwrk.body = string.rep(\"x\", %d)\n"
                        .formatted(BIG_MEGABYTES << 20)),
            Measures.CPU,
            BIG_MEGABYTES));
  }

  private static Scenario http2(String name, String title, Protocol out) {
    return new Scenario(
        name,
        title,
        Way.plain(Protocol.HTTP2, out),
        PROXIES,
        run -> out == Protocol.HTTP2 ? run.http2Origin : run.http1Origin,
        run -> H2load.gets(run.folder, HOST, Workload.PATH, H2_CLIENTS, H2_STREAMS),
        Measures.CPU,
        0);
  }

  private static Scenario grpc(String name, String title, String method, int messages) {
    return new Scenario(
        name,
        title,
        Way.plain(Protocol.HTTP2, Protocol.HTTP2).asGrpc(),
        PROXIES,
        run -> run.grpcOrigin,
        run ->
            H2load.grpc(
                run.folder,
                HOST,
                method,
                new byte[AppOrigin.MESSAGE_BYTES],
                messages * (5 + AppOrigin.MESSAGE_BYTES),
                H2_CLIENTS,
                H2_STREAMS),
        Measures.CPU,
        0);
  }

  private static Scenario tcp(
      String name, String title, String path, int connections, int megabytes) {
    return new Scenario(
        name,
        title,
        Way.plain(Protocol.TCP, Protocol.TCP),
        List.of(HAPROXY, ENVOY, RELAY, WEFT, WEFT_BEFORE),
        run -> run.http1Origin,
        run -> Wrk.gets(run.folder, "http", HOST, path, connections, ""),
        Measures.CPU,
        megabytes);
  }
}
