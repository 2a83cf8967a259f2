package dev.weft.controlplane.app;

import dev.weft.controlplane.app.ControlPlaneOptions.StoreOptions;
import dev.weft.controlplane.auth.kubernetes.MemberSecret;
import dev.weft.controlplane.pki.MemberCertificates;
import dev.weft.controlplane.pki.RootStoreAwayException;
import dev.weft.controlplane.registry.store.StoreFailedException;
import dev.weft.controlplane.registry.store.StoreUnavailableException;
import dev.weft.controlplane.registry.store.etcd.EtcdOptions;
import dev.weft.controlplane.registry.store.etcd.EtcdTls;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.net.URI;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Certificates for etcd that a Secret of the cluster holds. */
record EtcdSecret(MemberSecret secret) implements EtcdTls {
  /** Where the registry is kept, with the certificates of the Secret if one is named. */
  static StoreOptions resolve(ControlPlaneOptions options, @Nullable KubernetesClient cluster) {
    if (!(options.store() instanceof StoreOptions.Etcd(EtcdOptions etcd, String name))
        || name == null
        || cluster == null) {
      return options.store();
    }
    // One that is made is for etcd's hosts, and for people in a member's pod.
    List<String> hosts =
        Stream.concat(etcd.endpoints().stream().map(URI::getHost), Stream.of("localhost"))
            .distinct()
            .toList();
    String namespace = options.security().systemNamespace();
    var secret = new MemberSecret(cluster, namespace, name, hosts, InstantSource.system());
    return new StoreOptions.Etcd(etcd.withTls(new EtcdSecret(secret)));
  }

  @Override
  public Texts read() {
    try {
      MemberCertificates held = secret.read();
      return new Texts(held.trusted(), held.certificate(), held.key());
    } catch (RootStoreAwayException e) {
      throw new StoreUnavailableException(String.valueOf(e.getMessage()), false, e);
    } catch (IOException e) {
      throw new StoreFailedException(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public String toString() {
    return secret.place();
  }
}
