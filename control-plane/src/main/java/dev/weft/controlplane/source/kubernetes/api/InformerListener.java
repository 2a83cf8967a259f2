package dev.weft.controlplane.source.kubernetes.api;

import java.util.Map;

/**
 * What an informer tells, one call at a time, on its own thread; what blocks holds up this informer
 * only. Names are {@code NAMESPACE/NAME}, or {@code NAME} for what has no namespace.
 */
public interface InformerListener<T> {
  /** These are all objects there are; others that were told before are gone. */
  void replaced(Map<String, T> objects);

  /** An object is new or has changed. */
  void put(String name, T object);

  /** An object is gone. */
  void removed(String name);

  /** {@link Informer#status} has another state or another problem. */
  void statusChanged();
}
