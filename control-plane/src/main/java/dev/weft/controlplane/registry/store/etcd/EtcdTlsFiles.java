package dev.weft.controlplane.registry.store.etcd;

import dev.weft.controlplane.registry.store.StoreFailedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Certificates in files, which may be replaced while they are in use. Immutable.
 *
 * @param ca as {@link EtcdTls.Texts#ca}
 * @param certificate as {@link EtcdTls.Texts#certificate}
 * @param key as {@link EtcdTls.Texts#key}
 */
public record EtcdTlsFiles(@Nullable Path ca, @Nullable Path certificate, @Nullable Path key)
    implements EtcdTls {
  /**
   * @throws IllegalArgumentException if a certificate comes without its key, or the other way round
   */
  public EtcdTlsFiles {
    if ((certificate == null) != (key == null)) {
      throw new IllegalArgumentException("etcd needs a client certificate and its key, or neither");
    }
  }

  @Override
  public Texts read() {
    return new Texts(text(ca), text(certificate), text(key));
  }

  private static @Nullable String text(@Nullable Path file) {
    try {
      return file == null ? null : Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new StoreFailedException(
          "cannot read " + file + " for etcd: no such file, or permission denied", e);
    }
  }

  /** The files as people write them. */
  @Override
  public String toString() {
    return "ca " + ca + ", certificate " + certificate + ", key " + key;
  }
}
