package dev.weft.controlplane.app;

import dev.weft.controlplane.app.ControlPlaneOptions.StoreOptions;
import dev.weft.controlplane.registry.store.etcd.EtcdOptions;
import dev.weft.controlplane.registry.store.etcd.EtcdTlsFiles;
import dev.weft.controlplane.source.kubernetes.KubernetesAccess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The command line of a control plane: {@code --name value} or {@code --name=value}. */
final class ControlPlaneArgs {
  static final String USAGE =
      """
      Usage: weft control-plane [OPTION...]
        --store embedded|etcd      where the registry is kept (embedded)
        --data-dir DIR             the embedded store's directory (~/.local/state/weft/control-plane)
        --etcd-endpoints URL,...   etcd's addresses, e.g. http://127.0.0.1:2379
        --etcd-root PREFIX         what all keys begin with (/weft/)
        --etcd-user NAME           with --etcd-password-file
        --etcd-password-file FILE  its first line is the password
        --etcd-ca FILE             PEM: who signs etcd's certificate
        --etcd-cert FILE           PEM: certificate to show to etcd, with --etcd-key
        --etcd-key FILE            PEM: its private key
        --etcd-secret NAME         in Kubernetes, instead of the three: a Secret of our namespace, made if missing
        --bind ADDRESS             address of both ports (127.0.0.1)
        --grpc-port PORT           (7700)
        --metrics-port PORT        /metrics, /live, /ready (7701)
        --instance-ttl DURATION    how long an instance may be silent, e.g. 10s (10s)
        --replica-id ID            unique among the replicas of a store (host name and a random part)
        --cluster-domain NAME      suffix of full service names (cluster.local)
        --tls on|off|auto          TLS on the gRPC port (auto: with --tls-cert, and in Kubernetes)
        --tls-cert FILE            PEM: certificate and chain, replaced while it runs; with --tls-key
        --tls-key FILE             PEM: its private key
        --tls-ca FILE              PEM: who signed it, for those who are told by us whom to trust
        --tls-dir DIR              where our own authority is kept (~/.local/state/weft/ca)
        --tls-name NAME,...        further names for the certificate of our own authority
        --auth on|off|auto         callers prove to the cluster who they are (auto: in a pod)
        --system-namespace NAME    our own in the cluster (the pod's, else weft-system)
        --kubernetes on|off|auto   follow a cluster's objects; auto: in a pod, or with --kubeconfig (auto)
        --kubeconfig FILE          the cluster to follow from outside of it
        --webhook-port PORT        /inject and /validate, with TLS; 0: none (7443, with --kubeconfig none)
        --help
      """;

  private static final Set<String> KNOWN =
      new TreeSet<>(
          Set.of(
              "--store",
              "--data-dir",
              "--etcd-endpoints",
              "--etcd-root",
              "--etcd-user",
              "--etcd-password-file",
              "--etcd-ca",
              "--etcd-cert",
              "--etcd-key",
              "--etcd-secret",
              "--bind",
              "--grpc-port",
              "--metrics-port",
              "--instance-ttl",
              "--replica-id",
              "--cluster-domain",
              "--tls",
              "--tls-cert",
              "--tls-key",
              "--tls-ca",
              "--tls-dir",
              "--tls-name",
              "--auth",
              "--system-namespace",
              "--kubernetes",
              "--kubeconfig",
              "--webhook-port"));

  private final Map<String, String> values = new LinkedHashMap<>();

  private ControlPlaneArgs() {}

  /**
   * Reads a command line.
   *
   * @throws IllegalArgumentException saying which option is wrong and what is expected
   */
  static ControlPlaneOptions parse(String... args) {
    ControlPlaneArgs parsed = new ControlPlaneArgs();
    for (int i = 0; i < args.length; i++) {
      String name = args[i];
      int equals = name.indexOf('=');
      String value = null;
      if (equals > 0) {
        value = name.substring(equals + 1);
        name = name.substring(0, equals);
      }
      if (!KNOWN.contains(name)) {
        throw new IllegalArgumentException(
            "unknown option \"" + name + "\", expected one of " + String.join(" ", KNOWN));
      }
      if (value == null) {
        if (++i == args.length) {
          throw new IllegalArgumentException(name + " needs a value");
        }
        value = args[i];
      }
      parsed.values.put(name, value);
    }
    return parsed.options();
  }

  private ControlPlaneOptions options() {
    var kubernetes =
        new KubernetesOptions(
            kubernetesMode(),
            file("--kubeconfig"),
            // From outside the API server's way to us is not known, and the cluster may have its
            // own.
            number(
                "--webhook-port",
                values.containsKey("--kubeconfig") ? 0 : KubernetesOptions.DEFAULT_WEBHOOK_PORT));
    return new ControlPlaneOptions(
        store(kubernetes),
        get("--bind", "127.0.0.1"),
        number("--grpc-port", ControlPlaneOptions.DEFAULT_GRPC_PORT),
        number("--metrics-port", ControlPlaneOptions.DEFAULT_METRICS_PORT),
        duration("--instance-ttl", ControlPlaneOptions.DEFAULT_INSTANCE_TTL),
        get("--replica-id", hostName() + "-" + UUID.randomUUID().toString().substring(0, 8)),
        get("--cluster-domain", "cluster.local"),
        security(kubernetes),
        kubernetes);
  }

  private SecurityOptions security(KubernetesOptions kubernetes) {
    Path certificate = file("--tls-cert");
    Path key = file("--tls-key");
    Path trusted = file("--tls-ca");
    if ((certificate == null) != (key == null)) {
      throw new IllegalArgumentException("--tls-cert and --tls-key belong together");
    }
    if (trusted != null && certificate == null) {
      throw new IllegalArgumentException("--tls-ca is only for --tls-cert");
    }
    boolean pod = kubernetes.enabled() && KubernetesAccess.inPod();
    boolean secured = wanted("--tls", certificate != null || pod);
    boolean authenticate = wanted("--auth", pod && secured);
    if (authenticate && !kubernetes.enabled()) {
      throw new IllegalArgumentException(
          "--auth on needs a cluster to ask: run in a pod, or name one with --kubeconfig");
    }
    if (authenticate && !secured) {
      throw new IllegalArgumentException(
          "--auth on needs --tls on: tokens are not for everybody on the way to read");
    }
    if (!secured) {
      for (String name : values.keySet()) {
        if (name.startsWith("--tls-")) {
          throw new IllegalArgumentException(name + " is only for --tls on");
        }
      }
      return SecurityOptions.NONE;
    }
    return new SecurityOptions(
        certificate == null ? SecurityOptions.Tls.AUTHORITY : SecurityOptions.Tls.FILES,
        certificate == null || key == null
            ? null
            : new SecurityOptions.Files(certificate, key, trusted),
        Path.of(get("--tls-dir", stateDirectory("ca"))),
        names(),
        authenticate,
        get("--system-namespace", KubernetesAccess.ownNamespace()));
  }

  private boolean wanted(String name, boolean automatic) {
    return switch (get(name, "auto")) {
      case "on" -> true;
      case "off" -> false;
      case "auto" -> automatic;
      default ->
          throw new IllegalArgumentException(
              name + " is \"" + values.get(name) + "\", expected on, off or auto");
    };
  }

  private List<String> names() {
    return Arrays.stream(get("--tls-name", "").split(","))
        .map(String::strip)
        .filter(name -> !name.isEmpty())
        .toList();
  }

  private KubernetesOptions.Mode kubernetesMode() {
    String mode = get("--kubernetes", "auto");
    return switch (mode) {
      case "on" -> KubernetesOptions.Mode.ON;
      case "off" -> KubernetesOptions.Mode.OFF;
      case "auto" -> KubernetesOptions.Mode.AUTO;
      default ->
          throw new IllegalArgumentException(
              "--kubernetes is \"" + mode + "\", expected on, off or auto");
    };
  }

  private StoreOptions store(KubernetesOptions kubernetes) {
    String kind = get("--store", "embedded");
    return switch (kind) {
      case "embedded" -> embedded();
      case "etcd" -> etcd(kubernetes);
      default ->
          throw new IllegalArgumentException(
              "--store is \"" + kind + "\", expected embedded or etcd");
    };
  }

  private StoreOptions embedded() {
    for (String name : values.keySet()) {
      if (name.startsWith("--etcd-")) {
        throw new IllegalArgumentException(name + " is only for --store etcd");
      }
    }
    return new StoreOptions.Embedded(Path.of(get("--data-dir", stateDirectory("control-plane"))));
  }

  private StoreOptions etcd(KubernetesOptions kubernetes) {
    if (values.containsKey("--data-dir")) {
      throw new IllegalArgumentException("--data-dir is only for --store embedded");
    }
    EtcdOptions etcd =
        EtcdOptions.of(get("--etcd-endpoints", "http://127.0.0.1:2379"))
            .withRoot(get("--etcd-root", "/weft/"));
    String user = values.get("--etcd-user");
    String passwordFile = values.get("--etcd-password-file");
    if ((user == null) != (passwordFile == null)) {
      throw new IllegalArgumentException("--etcd-user and --etcd-password-file belong together");
    }
    if (user != null && passwordFile != null) {
      etcd = etcd.withUser(user, firstLine(passwordFile));
    }
    Path ca = file("--etcd-ca");
    Path certificate = file("--etcd-cert");
    Path key = file("--etcd-key");
    boolean files = ca != null || certificate != null || key != null;
    String secret = values.get("--etcd-secret");
    if (secret == null) {
      return new StoreOptions.Etcd(
          files ? etcd.withTls(new EtcdTlsFiles(ca, certificate, key)) : etcd);
    }
    if (files) {
      throw new IllegalArgumentException(
          "--etcd-secret stands instead of --etcd-ca, --etcd-cert and --etcd-key");
    }
    if (!kubernetes.enabled()) {
      throw new IllegalArgumentException(
          "--etcd-secret needs a cluster that keeps it: run in a pod, or name one with --kubeconfig");
    }
    if (!etcd.tls()) {
      throw new IllegalArgumentException(
          "--etcd-secret needs --etcd-endpoints that begin with https://");
    }
    return new StoreOptions.Etcd(etcd, secret);
  }

  private static String firstLine(String file) {
    try {
      return Files.readString(Path.of(file)).lines().findFirst().orElse("").strip();
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "--etcd-password-file " + file + " cannot be read: " + e.getMessage(), e);
    }
  }

  private @Nullable Path file(String name) {
    String value = values.get(name);
    return value == null ? null : Path.of(value);
  }

  private int number(String name, int standard) {
    String value = values.get(name);
    try {
      return value == null ? standard : Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + " is \"" + value + "\", expected a number", e);
    }
  }

  private Duration duration(String name, Duration standard) {
    String value = values.get(name);
    if (value == null) {
      return standard;
    }
    String text = value.strip();
    try {
      if (text.endsWith("ms")) {
        return Duration.ofMillis(Long.parseLong(text.substring(0, text.length() - 2)));
      }
      long count = Long.parseLong(text.substring(0, Math.max(0, text.length() - 1)));
      if (text.endsWith("s")) {
        return Duration.ofSeconds(count);
      }
      if (text.endsWith("m")) {
        return Duration.ofMinutes(count);
      }
      if (text.endsWith("h")) {
        return Duration.ofHours(count);
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new IllegalArgumentException(
        name + " is \"" + value + "\", expected a duration such as 500ms, 10s or 1m");
  }

  private String get(String name, String standard) {
    return values.getOrDefault(name, standard);
  }

  private static String stateDirectory(String of) {
    String state = System.getenv("XDG_STATE_HOME");
    Path base =
        state == null || state.isBlank()
            ? Path.of(System.getProperty("user.home"), ".local", "state")
            : Path.of(state);
    return base.resolve("weft").resolve(of).toString();
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName().replaceAll("[^A-Za-z0-9._-]", "-");
    } catch (UnknownHostException e) {
      return "replica";
    }
  }
}
