package dev.weft.controlplane.auth.kubernetes;

import dev.weft.controlplane.pki.RootStore;
import dev.weft.controlplane.pki.RootStoreAwayException;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An authority in the Secret {@code weft-ca} of the control plane's namespace: {@code roots.pem},
 * and {@code ca.crt} for people. Any replica writes it, compared with the version that it has read.
 */
final class SecretRoots implements RootStore {
  static final String NAME = "weft-ca";
  private static final String ROOTS = "roots.pem";
  private static final String TRUSTED = "ca.crt";

  private final KubernetesClient client;
  private final String namespace;

  SecretRoots(KubernetesClient client, String namespace) {
    this.client = client;
    this.namespace = namespace;
  }

  @Override
  public @Nullable Held read() throws IOException {
    try {
      Secret secret = client.secrets().inNamespace(namespace).withName(NAME).get();
      if (secret == null) {
        return null;
      }
      String held = SecretTexts.read(secret, ROOTS, place());
      return new Held(held == null ? "" : held, secret.getMetadata().getResourceVersion());
    } catch (KubernetesClientException e) {
      throw failed(e, "get");
    }
  }

  @Override
  public boolean write(String text, String trusted, @Nullable String expected) throws IOException {
    Secret secret =
        new SecretBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName(NAME)
            .withResourceVersion(expected)
            .withLabels(Map.of("app.kubernetes.io/part-of", "weft"))
            .endMetadata()
            .withType("Opaque")
            .withData(Map.of(ROOTS, SecretTexts.base64(text), TRUSTED, SecretTexts.base64(trusted)))
            .build();
    try {
      if (expected == null) {
        client.resource(secret).create();
      } else {
        client.resource(secret).update();
      }
      return true;
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT
          || (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND && expected != null)) {
        return false;
      }
      throw failed(e, expected == null ? "create" : "update");
    }
  }

  @Override
  public String place() {
    return "the Secret " + namespace + '/' + NAME;
  }

  private IOException failed(KubernetesClientException failure, String verb) {
    String said =
        Failures.say(
            failure,
            verb + " " + place(),
            "give its service account a Role with get, create and update of secrets there");
    return Failures.passing(failure)
        ? new RootStoreAwayException(said, failure)
        : new IOException(said, failure);
  }
}
