package dev.weft.controlplane.webhook;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** What a webhook needs that runs outside of its cluster, in a test. */
public final class Outside {
  private Outside() {}

  /** A client; the caller closes it. */
  public static KubernetesClient client(Path kubeconfig) {
    return new KubernetesClientBuilder()
        .withConfig(Config.fromKubeconfig(kubeconfig.toFile()))
        .build();
  }

  /** Our address as the API server reaches it: that of the way to a node. */
  public static String host(KubernetesClient client) throws IOException {
    String node =
        client.nodes().list().getItems().getFirst().getStatus().getAddresses().stream()
            .filter(address -> address.getType().equals("InternalIP"))
            .findFirst()
            .orElseThrow()
            .getAddress();
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.connect(InetAddress.getByName(node), 9);
      return socket.getLocalAddress().getHostAddress();
    }
  }

  /** The webhook configurations that are installed, with an address in place of the Service. */
  public static String webhooks(String host, int port) throws IOException {
    String installed = Files.readString(Path.of("../deploy/k8s/base/webhooks.yaml"));
    String service = "service:\\s+name: \\S+\\s+namespace: \\S+\\s+path: (\\S+)\\s+port: 7443";
    return Pattern.compile(service)
        .matcher(installed)
        .replaceAll("url: https://" + host + ":" + port + "$1");
  }
}
