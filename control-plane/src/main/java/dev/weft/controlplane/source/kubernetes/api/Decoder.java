package dev.weft.controlplane.source.kubernetes.api;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** Takes from an object what is to be kept of it. Pure. */
@FunctionalInterface
public interface Decoder<T> {
  /**
   * @param apiVersion of the object; within a list it does not say it itself
   * @return null: the object is of no interest
   */
  @Nullable T decode(String apiVersion, JsonNode object);
}
