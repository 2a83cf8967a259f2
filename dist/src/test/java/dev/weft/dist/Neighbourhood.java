package dev.weft.dist;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.weft.dist.PeerPod.Connection;
import dev.weft.testkit.SocketThreads;
import dev.weft.testkit.cluster.Cluster;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/**
 * A namespace of the mesh and one that is not in it, with the same in each: a server behind a
 * Service with a port of the node, and a proxy in front of both servers, as an ingress controller
 * is; a pod of the node's network; and servers outside the cluster. For one thread.
 */
final class Neighbourhood implements AutoCloseable {
  static final int HOST_PORT = 18_080;
  private static final int PROXY_PORT = 8090;

  /** In the mesh. */
  final PeerPod inside;

  /** Not in it. */
  final PeerPod outside;

  /** In the mesh's namespace, in the node's network. */
  final PeerPod onHost;

  private final Cluster cluster;
  private final Cluster plain;
  private final HttpServer external;
  private final ServerSocket externalGreeter;
  private final List<Connection> connections = new ArrayList<>();
  private final List<AutoCloseable> opened = new ArrayList<>();

  /** Returns when all of it is ready. */
  Neighbourhood(Cluster cluster) throws IOException {
    this.cluster = cluster;
    plain = Cluster.open();
    opened.add(plain);
    inside = new PeerPod(cluster, "inside");
    outside = new PeerPod(plain, "outside");
    onHost = new PeerPod(cluster, "host");
    external = HttpServer.create(new InetSocketAddress(cluster.hostAddress(), 0), 0);
    opened.add(() -> external.stop(0));
    externalGreeter = new ServerSocket(0, 16, cluster.hostAddress());
    opened.add(externalGreeter);
    try {
      serveOutside();
      applyAll();
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private void serveOutside() {
    external.createContext(
        "/",
        exchange -> {
          byte[] body = ("external " + exchange.getRequestURI()).getBytes(UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    external.start();
    SocketThreads.start(
        () -> {
          while (!externalGreeter.isClosed()) {
            try (Socket caller = externalGreeter.accept()) {
              caller.getOutputStream().write("220 external\n".getBytes(UTF_8));
              caller.getInputStream().transferTo(caller.getOutputStream());
            } catch (IOException e) {
              // The caller left, or the test is over.
            }
          }
        });
  }

  private void applyAll() {
    cluster.apply(services("inside") + addresses() + PeerPod.manifest(cluster, "inside"));
    plain.apply(services("outside") + PeerPod.manifest(cluster, "outside"));
    cluster.apply(
        PeerPod.manifest(
            cluster,
            "host",
            HOST_PORT,
            "hostNetwork: true\ndnsPolicy: ClusterFirstWithHostNet\n",
            ""));
    List.of(inside, outside, onHost).forEach(PeerPod::awaitReady);
    String ingress = PeerPod.manifest(cluster, "ingress", PeerPod.HTTP, "", proxy());
    List.of(cluster, plain).forEach(each -> each.apply(ingress));
    List.of(cluster, plain).forEach(each -> new PeerPod(each, "ingress").awaitReady());
  }

  /** The Service of a server, by its full name. */
  String service(PeerPod server) {
    return service("server", server.cluster());
  }

  private static String service(String name, Cluster namespace) {
    return name + "." + namespace.namespace() + ".svc.cluster.local";
  }

  /** The Service of the proxy that is beside a server. */
  static String ingress(PeerPod server) {
    return service("ingress", server.cluster());
  }

  /** The Service of a server, at the port that it has of the node. */
  String nodePort(PeerPod server) {
    return nodeAddress()
        + ":"
        + server.cluster().field("service/server", "{.spec.ports[?(@.name==\"http\")].nodePort}");
  }

  String nodeAddress() {
    return cluster.everywhere(
        "get",
        "nodes",
        "-o",
        "jsonpath={.items[0].status.addresses[?(@.type==\"InternalIP\")].address}");
  }

  /** This machine, as pods reach it; it is outside the cluster. */
  String externalHost() {
    return cluster.hostAddress().getHostAddress();
  }

  /** Of a server of HTTP there, which answers {@code external} and what it was asked for. */
  int externalPort() {
    return external.getAddress().getPort();
  }

  /** Of a server there that speaks first. */
  int externalGreeterPort() {
    return externalGreeter.getLocalPort();
  }

  /** Opens a connection to a server's echo, which stays until {@link #close}. */
  void connect(PeerPod from, PeerPod to) throws IOException {
    Connection connection = from.connect(service(to), PeerPod.ECHO);
    opened.add(connection);
    assertThat(connection.say("begins")).isEqualTo("begins");
    connections.add(connection);
  }

  /** Whether what was opened by {@link #connect} has outlived everything since. */
  void assertConnected() throws IOException {
    for (Connection each : connections) {
      assertThat(each.say("ends")).as("after all that").isEqualTo("ends");
    }
  }

  @Override
  public void close() {
    for (AutoCloseable each : opened.reversed()) {
      try {
        each.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static String services(String server) {
    return """
        apiVersion: v1
        kind: Service
        metadata: {name: server}
        spec:
          type: NodePort
          selector: {app: %s}
          ports:
            - {name: http, port: 80, targetPort: %d}
            - {name: echo, port: %d}
            - {name: greeter, port: %d, appProtocol: tcp}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: ingress}
        spec:
          selector: {app: ingress}
          ports: [{name: http, port: 80, targetPort: %d}]
        ---
        """
        .formatted(server, PeerPod.HTTP, PeerPod.ECHO, PeerPod.GREETER, PROXY_PORT);
  }

  /** Services that stand for somebody who is no pod of the namespace. */
  private String addresses() {
    return """
        apiVersion: v1
        kind: Service
        metadata: {name: alias}
        spec: {type: ExternalName, externalName: %1$s}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: external}
        spec: {ports: [{name: http, port: 80, targetPort: %2$d}]}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: external-1, labels: {kubernetes.io/service-name: external}}
        addressType: IPv4
        ports: [{name: http, port: %2$d}]
        endpoints: [{addresses: ["%3$s"]}]
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: host}
        spec:
          selector: {app: host}
          ports: [{name: http, port: 80, targetPort: %4$d}]
        ---
        """
        .formatted(service(outside), externalPort(), externalHost(), HOST_PORT);
  }

  /** A server of nginx's that passes on to both servers, by both kinds of address. */
  private String proxy() {
    return """
        server {
          listen %d;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_set_header Host $http_host;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
          location /inside/service/ { proxy_pass http://%s:80/; }
          location /inside/pod/ { proxy_pass http://%s:8080/; }
          location /outside/service/ { proxy_pass http://%s:80/; }
          location /outside/pod/ { proxy_pass http://%s:8080/; }
        }
        """
        .formatted(
            PROXY_PORT,
            cluster.field("service/server", "{.spec.clusterIP}"),
            inside.address(),
            plain.field("service/server", "{.spec.clusterIP}"),
            outside.address());
  }
}
