package dev.weft.cli.cluster;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.LocalPortForward;
import io.fabric8.kubernetes.client.http.WebSocketHandshakeException;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import io.fabric8.kubernetes.client.readiness.Readiness;
import io.grpc.ClientInterceptor;
import io.grpc.Grpc;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.MetadataUtils;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import org.jspecify.annotations.Nullable;

/** One cluster, as a kubeconfig names it, with the forwards that were opened to it. */
public final class MeshCluster implements AutoCloseable {
  private static final String CONTROL_PLANE = "weft-control-plane";

  /** Where the control plane takes gRPC. */
  static final int GRPC_PORT = 7700;

  /** Where forwards listen: nobody else's machine is to come to the cluster by them. */
  static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

  private static final String CA = "weft-ca";
  private static final int CONNECT_MILLIS = 5_000;

  private final Config config;
  private final KubeconfigUser user;
  private final KubernetesClient client;
  private final String system;
  private final List<LocalPortForward> forwards = new CopyOnWriteArrayList<>();

  private MeshCluster(Config config, KubeconfigUser user, String system) {
    // Whoever waits at a terminal would rather hear at once.
    config.setConnectionTimeout(CONNECT_MILLIS);
    config.setRequestRetryBackoffLimit(1);
    this.config = config;
    this.user = user;
    this.client = new KubernetesClientBuilder().withConfig(config).build();
    this.system = system;
  }

  /**
   * The cluster of a kubeconfig; nothing is asked of it yet.
   *
   * @param kubeconfig null: the first file of {@code KUBECONFIG}
   * @param context null: the file's current one
   * @param system the namespace of the control plane
   * @throws ClusterException when there is no such file, or nothing usable in it
   */
  public static MeshCluster open(
      @Nullable String kubeconfig, @Nullable String context, String system) {
    String list = System.getenv("KUBECONFIG");
    String name =
        kubeconfig != null
            ? kubeconfig
            : list == null || list.isBlank()
                ? System.getProperty("user.home") + "/.kube/config"
                : list.split(Pattern.quote(File.pathSeparator), -1)[0];
    File file = new File(name);
    if (!file.isFile()) {
      throw new ClusterException(
          "there is no kubeconfig " + name + "; name one with --kubeconfig FILE or KUBECONFIG",
          null);
    }
    try {
      return new MeshCluster(
          Config.fromKubeconfig(context, file), KubeconfigUser.of(file, context), system);
    } catch (RuntimeException e) {
      throw new ClusterException(
          "the kubeconfig "
              + name
              + (context == null ? "" : " has no usable context " + context)
              + " cannot be used: "
              + Causes.deepest(e),
          e);
    }
  }

  /** Where it is, for people. */
  public String shown() {
    return "the control plane in namespace " + system + " of " + config.getMasterUrl();
  }

  /**
   * A way to a control plane that is ready, verified by the mesh's own authority, as the person
   * whom the kubeconfig names.
   *
   * @throws ClusterException saying what is missing
   */
  public ManagedChannelBuilder<?> controlPlane() {
    return controlPlane(readyControlPlanes().getFirst());
  }

  /**
   * A way to one replica, as {@link #controlPlane()}.
   *
   * @param pod of the system namespace
   */
  public ManagedChannelBuilder<?> controlPlane(String pod) {
    // What it takes to know the control plane may be missing: then no port is forwarded.
    String trusted = trusted();
    return channel(forward(system, pod, GRPC_PORT).getLocalPort(), trusted);
  }

  /**
   * A channel through a port that leads to a control plane, as {@link #controlPlane()}.
   *
   * @param trusted as {@link #trusted()}
   */
  ManagedChannelBuilder<?> channel(int localPort, String trusted) {
    try {
      TlsChannelCredentials.Builder credentials =
          TlsChannelCredentials.newBuilder()
              .trustManager(new ByteArrayInputStream(trusted.getBytes(StandardCharsets.US_ASCII)));
      KeyManager[] keys = SSLUtils.keyManagers(config);
      if (keys != null && keys.length > 0) {
        credentials.keyManager(keys);
      }
      ManagedChannelBuilder<?> builder =
          Grpc.newChannelBuilderForAddress(
                  LOOPBACK.getHostAddress(), localPort, credentials.build())
              .overrideAuthority(serverName());
      String token = token();
      if (token != null) {
        builder.intercept(bearer(token));
      }
      return builder;
    } catch (GeneralSecurityException | IOException e) {
      throw new ClusterException(
          "the kubeconfig's client certificate cannot be used: " + e.getMessage(), e);
    }
  }

  /** For what has no method of its own here; closed with this. Any thread. */
  public KubernetesClient client() {
    return client;
  }

  /** The namespace of the control plane. */
  public String system() {
    return system;
  }

  /** By which name the control plane's certificate is verified. */
  public String serverName() {
    return CONTROL_PLANE + '.' + system + ".svc";
  }

  /** The kubeconfig's user, as whom everything is done here. */
  public KubeconfigUser user() {
    return user;
  }

  /** What is done with a forwarded port. */
  @FunctionalInterface
  public interface Forwarded<T> {
    T call(int localPort) throws IOException, InterruptedException;
  }

  /**
   * Opens a forward, has something done with it, and closes it. Any thread; blocks.
   *
   * @throws IOException saying what went wrong under way
   * @throws ClusterException when the API server forwards nothing
   */
  public <T> T through(String namespace, String pod, int port, Forwarded<T> call)
      throws IOException, InterruptedException {
    LocalPortForward forward = forward(namespace, pod, port);
    try {
      return call.call(forward.getLocalPort());
    } catch (IOException e) {
      String problem = problem(List.of(forward));
      throw new IOException(problem.isEmpty() ? Causes.deepest(e) : problem, e);
    } finally {
      forwards.remove(forward);
      forward.close();
    }
  }

  /** What has gone wrong under way in a forward; empty when nothing has. */
  public String forwardProblem() {
    return problem(forwards);
  }

  private static String problem(List<LocalPortForward> forwards) {
    for (LocalPortForward forward : forwards) {
      for (Throwable each : forward.getClientThrowables()) {
        return Causes.deepest(each);
      }
      for (Throwable each : forward.getServerThrowables()) {
        return shown(each);
      }
    }
    return "";
  }

  /** The API server says who lacks what, too, but its client throws that away. */
  private static String shown(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof WebSocketHandshakeException refused
          && refused.getResponse().code() == HttpURLConnection.HTTP_FORBIDDEN) {
        return "the API server answered 403 Forbidden: the kubeconfig's user needs get and create"
            + " on pods/portforward there";
      }
    }
    return Causes.deepest(failure);
  }

  /**
   * A pod's sidecar.
   *
   * @throws ClusterException when there is no such pod, or no sidecar in it
   */
  public PodSidecar sidecar(PodName pod) {
    return PodSidecar.find(this, pod);
  }

  @Override
  public void close() {
    for (LocalPortForward forward : forwards) {
      try {
        forward.close();
      } catch (IOException e) {
        // The process is about to end, and the forward with it.
      }
    }
    client.close();
  }

  /**
   * The pods of the control plane that are ready, at least one.
   *
   * @throws ClusterException saying what is missing
   */
  List<String> readyControlPlanes() {
    try {
      Service service = client.services().inNamespace(system).withName(CONTROL_PLANE).get();
      if (service == null) {
        throw new ClusterException(
            "there is no Service "
                + CONTROL_PLANE
                + " in namespace "
                + system
                + " of "
                + config.getMasterUrl()
                + ": install Weft there (weft install | kubectl apply -f -), or name another"
                + " control plane with --control-plane HOST:PORT",
            null);
      }
      List<Pod> pods =
          client
              .pods()
              .inNamespace(system)
              .withLabels(service.getSpec().getSelector())
              .list()
              .getItems();
      List<String> ready =
          pods.stream()
              .filter(Readiness.getInstance()::isReady)
              .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
              .map(pod -> pod.getMetadata().getName())
              .toList();
      if (!ready.isEmpty()) {
        return ready;
      }
      throw new ClusterException(
          "none of the "
              + pods.size()
              + " control planes in namespace "
              + system
              + " is ready; kubectl get pods -n "
              + system
              + " says more",
          null);
    } catch (KubernetesClientException e) {
      throw failed("find the control plane in namespace " + system, e);
    }
  }

  /**
   * The certificates, PEM, of whoever signs the control plane's.
   *
   * @throws ClusterException when the cluster does not say
   */
  String trusted() {
    try {
      ConfigMap map = client.configMaps().inNamespace(system).withName(CA).get();
      Map<String, String> data = map == null ? null : map.getData();
      String trusted = data == null ? null : data.get("ca.crt");
      if (trusted == null) {
        throw new ClusterException(
            "the ConfigMap "
                + system
                + '/'
                + CA
                + " has no ca.crt, by which the control plane is known: it keeps that itself once"
                + " it leads; its log says why it does not",
            null);
      }
      return trusted;
    } catch (KubernetesClientException e) {
      throw failed("get the ConfigMap " + system + '/' + CA, e);
    }
  }

  /** A forward that is closed with this. */
  LocalPortForward forward(String namespace, String pod, int port) {
    try {
      LocalPortForward forward =
          client.pods().inNamespace(namespace).withName(pod).portForward(port, LOOPBACK, 0);
      forwards.add(forward);
      return forward;
    } catch (KubernetesClientException e) {
      throw failed("forward a port to " + pod, e);
    }
  }

  private @Nullable String token() {
    String token = config.getOauthToken();
    if (token == null) {
      token = config.getAutoOAuthToken();
    }
    return token == null || token.isBlank() ? null : token;
  }

  /** Shows a token with every call. */
  public static ClientInterceptor bearer(String token) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  /** What the API server did not do, and why. */
  ClusterException failed(String what, KubernetesClientException failure) {
    return new ClusterException(
        "cannot "
            + what
            + ": "
            + (failure.getCode() == 0
                ? "the API server "
                    + config.getMasterUrl()
                    + " is not reached: "
                    + Causes.deepest(failure)
                : failure.getStatus() == null || failure.getStatus().getMessage() == null
                    ? failure.getMessage()
                    : failure.getStatus().getMessage()),
        failure);
  }
}
