package dev.weft.controlplane.auth.kubernetes;

import dev.weft.controlplane.pki.MemberCertificates;
import dev.weft.controlplane.pki.RootStoreAwayException;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.HttpURLConnection;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the members of a store and we know each other by, in a Secret of our namespace with {@code
 * ca.crt}, {@code tls.crt} and {@code tls.key}, as cert-manager writes them. Any replica makes it
 * where there is none; one that is removed is written again as it was, because the members go on
 * with it. For one thread at a time.
 */
public final class MemberSecret {
  private static final System.Logger LOG = System.getLogger(MemberSecret.class.getName());
  private static final String TRUSTED = "ca.crt";
  private static final String CERTIFICATE = "tls.crt";
  private static final String KEY = "tls.key";

  private final KubernetesClient client;
  private final String namespace;
  private final String name;
  private final List<String> members;
  private final InstantSource clock;
  private @Nullable MemberCertificates known;

  /**
   * Does nothing yet.
   *
   * @param client stays its owner's to close
   * @param members host names and IP addresses that a certificate of our own is made for
   */
  public MemberSecret(
      KubernetesClient client,
      String namespace,
      String name,
      List<String> members,
      InstantSource clock) {
    this.client = client;
    this.namespace = namespace;
    this.name = name;
    this.members = List.copyOf(members);
    this.clock = clock;
  }

  /**
   * What it holds; makes it first where there is none. Blocks.
   *
   * @throws RootStoreAwayException when asking again may help
   * @throws IOException one line: what is wrong, and what to do
   */
  public MemberCertificates read() throws IOException {
    try {
      Secret found = get();
      if (found == null) {
        create(known == null ? MemberCertificates.make(members, clock.instant()) : known);
        // Another replica may have been quicker: what it wrote is as good.
        found = get();
      }
      if (found == null) {
        throw new RootStoreAwayException(place() + " comes and goes; trying again", null);
      }
      MemberCertificates held =
          new MemberCertificates(text(found, TRUSTED), text(found, CERTIFICATE), text(found, KEY));
      known = held;
      return held;
    } catch (KubernetesClientException e) {
      String said =
          Failures.say(
              e,
              "get or create " + place(),
              "give its service account a Role with create of secrets and get of this one");
      throw Failures.passing(e) ? new RootStoreAwayException(said, e) : new IOException(said, e);
    }
  }

  /** Where that is, for people. */
  public String place() {
    return "the Secret " + namespace + '/' + name;
  }

  private @Nullable Secret get() {
    return client.secrets().inNamespace(namespace).withName(name).get();
  }

  private void create(MemberCertificates made) {
    Secret secret =
        new SecretBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName(name)
            .withLabels(Map.of("app.kubernetes.io/part-of", "weft"))
            .endMetadata()
            .withType("kubernetes.io/tls")
            .addToData(TRUSTED, SecretTexts.base64(made.trusted()))
            .addToData(CERTIFICATE, SecretTexts.base64(made.certificate()))
            .addToData(KEY, SecretTexts.base64(made.key()))
            .build();
    try {
      client.resource(secret).create();
      LOG.log(
          Level.INFO,
          "{0} was not there: {1}",
          place(),
          made.equals(known) ? "it is written again as it was" : "one is made for " + members);
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
    }
  }

  private String text(Secret secret, String entry) throws IOException {
    String held = SecretTexts.read(secret, entry, place());
    if (held != null && !held.isEmpty()) {
      return held;
    }
    throw new IOException(
        place()
            + " has no "
            + entry
            + ", expected ca.crt, tls.crt and tls.key (as cert-manager writes them); or remove it,"
            + " and one is made at the next start",
        null);
  }
}
