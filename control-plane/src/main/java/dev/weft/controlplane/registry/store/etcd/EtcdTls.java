package dev.weft.controlplane.registry.store.etcd;

import dev.weft.controlplane.registry.store.StoreFailedException;
import dev.weft.controlplane.registry.store.StoreUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * Where the certificates of the connections to etcd come from. Asked at the start and every ten
 * seconds, by one thread at a time; may block.
 */
@FunctionalInterface
public interface EtcdTls {
  /**
   * What is in force now.
   *
   * @throws StoreUnavailableException when asking again may help
   * @throws StoreFailedException when a person has to do something first
   */
  Texts read();

  /**
   * Certificates and a key as PEM.
   *
   * @param ca who signs etcd's certificate; null: the authorities that the JDK trusts
   * @param certificate the client's, and its chain; null: none is shown
   * @param key its private key (PKCS #8); null without a certificate
   */
  record Texts(@Nullable String ca, @Nullable String certificate, @Nullable String key) {
    /** Without the key. */
    @Override
    public String toString() {
      return "Texts[ca=" + ca + ", certificate=" + certificate + "]";
    }
  }
}
