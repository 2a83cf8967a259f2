package dev.weft.controlplane.model;

/**
 * What every policy document has, whatever its kind.
 *
 * @param source what wrote it: {@code apply}, {@code kubernetes}
 * @param createdAtMillis UTC milliseconds since 1970 of its first version: of two routes that are
 *     equally specific the older one goes first, then by namespace and name
 * @param revision the store's revision of its last change
 */
public record DocumentMeta(
    String namespace, String name, String source, long createdAtMillis, long revision) {
  /** The source of what Kubernetes owns: it has accepted such a document, we cannot refuse it. */
  public static final String KUBERNETES = "kubernetes";

  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
