package dev.weft.controlplane.auth.kubernetes;

import dev.weft.controlplane.auth.ClientAuthority;
import dev.weft.controlplane.auth.ReviewUnavailableException;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Who signs client certificates, as the API server tells those that extend it: the ConfigMap {@code
 * kube-system/extension-apiserver-authentication}. Read again once a minute, when somebody asks;
 * what was read last serves while the API server is away.
 */
final class ClientCa implements ClientAuthority {
  private static final String NAMESPACE = "kube-system";
  private static final String NAME = "extension-apiserver-authentication";
  private static final String KEY = "client-ca-file";
  private static final String REMEDY =
      "bind its service account to the Role extension-apiserver-authentication-reader in"
          + " kube-system";
  private static final long FRESH_NANOS = Duration.ofMinutes(1).toNanos();

  private final KubernetesClient client;
  private final LongSupplier nanoClock;
  private String known = "";
  private long readAtNanos;

  ClientCa(KubernetesClient client, LongSupplier nanoClock) {
    this.client = client;
    this.nanoClock = nanoClock;
  }

  @Override
  public synchronized String certificates() throws ReviewUnavailableException {
    long now = nanoClock.getAsLong();
    if (!known.isEmpty() && now - readAtNanos < FRESH_NANOS) {
      return known;
    }
    try {
      ConfigMap map = client.configMaps().inNamespace(NAMESPACE).withName(NAME).get();
      String read = map == null || map.getData() == null ? null : map.getData().get(KEY);
      if (read == null) {
        throw new ReviewUnavailableException(
            "this cluster takes no client certificates (the ConfigMap "
                + NAMESPACE
                + '/'
                + NAME
                + " has no "
                + KEY
                + "); use a token",
            null);
      }
      known = read;
    } catch (KubernetesClientException e) {
      if (known.isEmpty()) {
        throw Failures.unavailable(e, "get the ConfigMap " + NAMESPACE + '/' + NAME, REMEDY);
      }
    }
    readAtNanos = now;
    return known;
  }
}
