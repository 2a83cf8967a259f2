package dev.weft.dist;

import dev.weft.testkit.cluster.Cluster;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A pod that is asked, and asks others: a real nginx that says who was asked and by whom, a server
 * that echoes, one that speaks first, and a client for each. For one thread.
 */
record PeerPod(Cluster cluster, String name) {
  /** This machine's nginx and curl, which {@link #load} brings into the cluster. */
  static final String IMAGE = "weft.test/nginx:1";

  static final int HTTP = 8080;
  static final int ECHO = 7000;
  static final int GREETER = 2525;

  /** A request's answer, which must be good: where it was served, and what came there. */
  record Answer(String pod, String trace, String host) {
    /** Whether a sidecar has passed the request on as HTTP. */
    boolean passedASidecar() {
      return !trace.isEmpty();
    }
  }

  /** Loads the image; where one of its programs is missing, the test is left out. */
  static void load(InstalledMesh mesh, Path folder) throws Exception {
    LocalImage.load(mesh, folder, IMAGE, "nginx", "curl");
  }

  /** A pod with its configuration, and a label {@code app} that is its name. */
  static String manifest(Cluster cluster, String name) {
    return manifest(cluster, name, HTTP, "", "");
  }

  /**
   * As {@link #manifest(Cluster, String)}.
   *
   * @param port of nginx
   * @param spec further lines of the pod's specification
   * @param servers further servers of nginx
   */
  static String manifest(Cluster cluster, String name, int port, String spec, String servers) {
    return config(name, port, servers)
        + """
        apiVersion: v1
        kind: Pod
        metadata: {name: %1$s, labels: {app: %1$s}}
        spec:
        %2$s
        ---
        """
            .formatted(name, (spec + podSpec(cluster, name, port)).indent(2).stripTrailing());
  }

  /** What nginx does; {@code servers} are further ones. */
  static String config(String name, int port, String servers) {
    return """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: %1$s}
        data:
          nginx.conf: |
            daemon off;
            master_process off;
            error_log stderr warn;
            pid /tmp/nginx.pid;
            events {}
            http {
              access_log off;
              client_body_temp_path /tmp/b; proxy_temp_path /tmp/p; fastcgi_temp_path /tmp/f;
              uwsgi_temp_path /tmp/u; scgi_temp_path /tmp/s;
              server {
                listen %2$d;
                location / { return 200 "$hostname|$http_traceparent|$http_host\\n"; }
              }
        %3$s
            }
        ---
        """
        .formatted(name, port, servers.indent(6).stripTrailing());
  }

  /** The specification of such a pod, with the configuration of that name. */
  static String podSpec(Cluster cluster, String config, int port) {
    return """
        terminationGracePeriodSeconds: 3
        containers:
          - name: nginx
            image: %1$s
            imagePullPolicy: IfNotPresent
            command: [nginx, -e, stderr, -c, /conf/nginx.conf]
            readinessProbe: {httpGet: {path: /, port: %4$d}, periodSeconds: 1}
            volumeMounts: [{name: conf, mountPath: /conf}]
          - name: shell
            image: %2$s
            imagePullPolicy: IfNotPresent
            command:
              - sh
              - -c
              - |
                nc -ll -p %5$d -e cat &
                exec nc -ll -p %6$d -e sh -c 'echo 220 '$(hostname)'; exec cat'
        volumes: [{name: conf, configMap: {name: %3$s}}]
        """
        .formatted(IMAGE, cluster.busybox(), config, port, ECHO, GREETER);
  }

  void awaitReady() {
    cluster.await("pod/" + name, "condition=Ready");
  }

  String address() {
    return cluster.field("pod/" + name, "{.status.podIP}");
  }

  /** Asks one of our servers by curl from inside the pod; once. */
  Answer ask(String url, String... more) {
    String[] parts = curl(url, more).strip().split("\\|", -1);
    if (parts.length != 3) {
      throw new IllegalStateException(url + " was not answered by one of our servers: " + parts[0]);
    }
    return new Answer(parts[0], parts[1], parts[2]);
  }

  /** What curl prints inside the pod; it fails as curl does, and for every status from 400 up. */
  String curl(String url, String... more) {
    var command = new ArrayList<>(List.of("curl", "-sS", "--fail", "--max-time", "20"));
    command.addAll(List.of(more));
    command.add(url);
    return exec("nginx", command.toArray(String[]::new));
  }

  /** Runs a line of the shell in the pod. */
  String sh(String line) {
    return exec("shell", "sh", "-c", line);
  }

  /** What comes back from a server of TCP for a line. */
  String echo(String host) {
    return sh("echo hello | nc " + host + " " + ECHO).strip();
  }

  /** Whom the server at a host says that it is, before it is asked. */
  String greeting(String host, int port) {
    try (Connection silent = connect(host, port)) {
      String greeting = silent.read();
      String answer = silent.say("HELO");
      return answer.equals("HELO") ? greeting : "after " + greeting + " comes: " + answer;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Opens a connection from inside the pod, which stays until it is closed. */
  Connection connect(String host, int port) throws IOException {
    return new Connection(
        new ProcessBuilder(
                "kubectl",
                "--namespace=" + cluster.namespace(),
                "exec",
                "-i",
                name,
                "-c",
                "shell",
                "--",
                "nc",
                host,
                Integer.toString(port))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start());
  }

  private String exec(String container, String... command) {
    var all = new ArrayList<>(List.of("exec", name, "-c", container, "--"));
    all.addAll(List.of(command));
    return cluster.kubectl(all.toArray(String[]::new));
  }

  /** A TCP connection of a pod's, line by line. */
  static final class Connection implements AutoCloseable {
    private static final int LINE_SECONDS = 60;

    private final Process process;
    private final Writer in;
    private final BufferedReader out;

    private Connection(Process process) {
      this.process = process;
      in = process.outputWriter(StandardCharsets.UTF_8);
      out = process.inputReader(StandardCharsets.UTF_8);
    }

    /** Says a line; returns the next one that comes. */
    String say(String line) throws IOException {
      in.write(line + "\n");
      in.flush();
      return read();
    }

    /** The next line; empty at the end, or when it is too late. */
    String read() throws IOException {
      var late =
          CompletableFuture.runAsync(
              process::destroy, CompletableFuture.delayedExecutor(LINE_SECONDS, TimeUnit.SECONDS));
      try {
        String line = out.readLine();
        return line == null ? "" : line;
      } finally {
        late.cancel(false);
      }
    }

    @Override
    public void close() {
      process.destroy();
    }
  }
}
