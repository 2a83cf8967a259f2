package dev.weft.dist;

import static org.awaitility.Awaitility.await;

import dev.weft.testkit.TestCa;
import dev.weft.testkit.TestCa.Issued;
import dev.weft.testkit.cluster.Cluster;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;

/**
 * Three pods of the mesh that serve HTTP (a slow one, too), gRPC, TLS and TCP where the server
 * speaks first, each saying its pod's name: {@code client}, {@code v1} and {@code v2}. The Service
 * {@code front} leads to {@code v1} where no route says otherwise. For one thread.
 */
final class RoutedPods {
  private static final int TLS = 8443;

  /** The server's name in the certificate of {@code v1}. */
  static final String NAME_OF_V1 = "one.example.org";

  /** The server's name in the certificate of {@code v2}. */
  static final String NAME_OF_V2 = "www.two.example.org";

  /** A Service that does nothing but answer HTTP slowly; of {@code v1}. */
  static final String SLOW = "slow";

  private static final List<String> RUN_PROGRAM =
      List.of(
          "/weft/runtime/bin/java",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-Xmx64m",
          // Its libraries would be unpacked to a folder that nobody may write to.
          "-Dio.grpc.netty.shaded.io.netty.transport.noNative=true",
          "-cp",
          "/program:/weft/lib/*",
          RoutedApp.class.getName());

  private static final String TLS_SERVER =
      """
      server {
        listen %d ssl;
        ssl_certificate /conf/tls.crt;
        ssl_certificate_key /conf/tls.key;
        location / { return 200 "$hostname|$http_traceparent|$ssl_server_name\\n"; }
      }
      """
          .formatted(TLS);

  /** Beside nginx and the shell. */
  private static final String CONTAINER =
      """
      - name: app
        image: %s
        imagePullPolicy: IfNotPresent
        command: [%s]
        readinessProbe: {tcpSocket: {port: %d}, periodSeconds: 1}
        volumeMounts: [{name: program, mountPath: /program}]
      """;

  private static final String VOLUME =
      "{name: program, configMap: {name: program, items: [{key: RoutedApp.class, path: %s}]}}, "
          .formatted(RoutedApp.class.getName().replace('.', '/') + ".class");

  private final Cluster cluster;
  private final PeerPod client;

  private RoutedPods(Cluster cluster) {
    this.cluster = cluster;
    client = new PeerPod(cluster, "client");
  }

  /** Brings them into a namespace; returns when all are ready. */
  static RoutedPods open(Cluster cluster, InstalledMesh mesh, Path folder) throws Exception {
    PeerPod.load(mesh, folder);
    mesh.join(cluster);
    RoutedPods pods = new RoutedPods(cluster);
    TestCa ca = new TestCa("weft test");
    String container =
        CONTAINER.formatted(
            mesh.controlPlaneImage(), String.join(", ", quoted(RUN_PROGRAM)), RoutedApp.GRPC);
    cluster.apply(
        program()
            + service("front", "v1")
            + service("v1", "v1")
            + service("v2", "v2")
            + slowService()
            + pod(cluster, "v1", container, ca, NAME_OF_V1)
            + pod(cluster, "v2", container, ca, NAME_OF_V2)
            + pod(cluster, "client", container, ca, "client.example.org"));
    for (String name : List.of("v1", "v2", "client")) {
      new PeerPod(cluster, name).awaitReady();
    }
    // The cluster says so of a Service's endpoint a moment after it has said so of its pod.
    await()
        .atMost(InstalledMesh.PATIENCE)
        .until(() -> pods.readyEndpoints().equals("true true true true"));
    return pods;
  }

  private String readyEndpoints() {
    return cluster.kubectl(
        "get", "endpointslices", "-o", "jsonpath={.items[*].endpoints[*].conditions.ready}");
  }

  /** Who asks. */
  PeerPod client() {
    return client;
  }

  /** What is answered at a URL, whatever its status, and the status in a line of its own. */
  String answer(String url) {
    return cluster.kubectl(
        "exec",
        client.name(),
        "-c",
        "nginx",
        "--",
        "curl",
        "-sS",
        "--max-time",
        "20",
        "-w",
        "\\n%{http_code}",
        url);
  }

  /** Who serves so many calls of a method of the Service {@code front}, which must go well. */
  List<String> calls(String method, int times) {
    var command = new ArrayList<>(List.of("exec", client.name(), "-c", "app", "--"));
    command.addAll(RUN_PROGRAM);
    command.addAll(List.of("front:" + RoutedApp.GRPC, method, Integer.toString(times)));
    return cluster.kubectl(command.toArray(String[]::new)).lines().toList();
  }

  /** Who answers at the Service {@code front} by TLS, with a certificate of that name. */
  PeerPod.Answer askByName(String serverName) {
    return client.ask(
        "https://" + serverName + "/",
        "--connect-to",
        serverName + ":443:front:443",
        "--cacert",
        "/conf/ca.crt");
  }

  private static List<String> quoted(List<String> words) {
    return words.stream().map(word -> '"' + word + '"').toList();
  }

  private static String pod(
      Cluster cluster, String name, String container, TestCa ca, String serverName) {
    Issued own = ca.issue(name, serverName);
    String files =
        file("ca.crt", ca.certificatePem())
            + file("tls.crt", own.certificatePem())
            + file("tls.key", own.keyPem());
    return PeerPod.manifest(cluster, name, PeerPod.HTTP, "", TLS_SERVER)
        .replace("data:\n", "data:\n" + files)
        .replace("  volumes: [", container.indent(4) + "  volumes: [" + VOLUME);
  }

  private static String file(String name, String content) {
    return "  " + name + ": |\n" + content.indent(4);
  }

  private static String service(String name, String app) {
    return """
        apiVersion: v1
        kind: Service
        metadata: {name: %s}
        spec:
          selector: {app: %s}
          ports:
            - {name: grpc, port: %d, appProtocol: grpc}
            - {name: greeter, port: %d, appProtocol: tcp}
            - {name: tls, port: 443, targetPort: %d, appProtocol: tls}
        ---
        """
        .formatted(name, app, RoutedApp.GRPC, PeerPod.GREETER, TLS);
  }

  private static String slowService() {
    return """
        apiVersion: v1
        kind: Service
        metadata: {name: %s}
        spec:
          selector: {app: v1}
          ports: [{name: http, port: 80, targetPort: %d}]
        ---
        """
        .formatted(SLOW, RoutedApp.SLOW_HTTP);
  }

  private static String program() {
    try (InputStream in = RoutedApp.class.getResourceAsStream("RoutedApp.class")) {
      return """
          apiVersion: v1
          kind: ConfigMap
          metadata: {name: program}
          binaryData: {RoutedApp.class: %s}
          ---
          """
          .formatted(Base64.getEncoder().encodeToString(Objects.requireNonNull(in).readAllBytes()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
