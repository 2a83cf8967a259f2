package dev.weft.controlplane.model;

import java.util.Comparator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A {@code ConfigEntry}: one value of an application's configuration, and for whom it is.
 *
 * @param key what the application asks for
 * @param mesh whether it is for every namespace; then the document is in {@link #MESH_NAMESPACE}
 * @param service whose instances it is for; empty: those of every service
 * @param instanceLabels what an instance must have all of; empty: every instance
 * @param release a value that only a share of the instances has so far; null: there is none
 */
public record ConfigEntry(
    DocumentMeta meta,
    String key,
    boolean mesh,
    String service,
    Map<String, String> instanceLabels,
    String contentType,
    String value,
    @Nullable Release release) {
  /** Where entries for every namespace are kept, so that who may write there may write them. */
  public static final String MESH_NAMESPACE = "weft-system";

  /**
   * Of several entries of one key the one that is taken first: chosen by labels, for a service, for
   * a namespace, for the mesh; then the one with more labels, the older one, then by name.
   */
  public static final Comparator<ConfigEntry> CLOSEST_FIRST =
      Comparator.comparing((ConfigEntry entry) -> entry.instanceLabels.isEmpty())
          .thenComparing(entry -> entry.service.isEmpty())
          .thenComparing(ConfigEntry::mesh)
          .thenComparingInt(entry -> -entry.instanceLabels.size())
          .thenComparingLong(entry -> entry.meta.createdAtMillis())
          .thenComparing(entry -> entry.meta.toString());

  public ConfigEntry {
    instanceLabels = Map.copyOf(instanceLabels);
  }

  /**
   * A value on its way to all instances.
   *
   * @param percent the share of the instances that have it, 0 to 100
   */
  public record Release(int percent, String value) {}

  /** Whose entries share one limit: of the mesh, of a namespace, of one of its services. */
  public ObjectKey level() {
    return level(mesh ? "" : meta.namespace(), service);
  }

  /**
   * The level of a service; of its namespace, where the service is empty; of the mesh, where the
   * namespace is empty, too.
   */
  public static ObjectKey level(String namespace, String service) {
    return new ObjectKey(namespace, service);
  }
}
