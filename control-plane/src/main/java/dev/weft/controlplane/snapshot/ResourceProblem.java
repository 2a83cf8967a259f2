package dev.weft.controlplane.snapshot;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.inforce.Document;
import java.util.List;

/**
 * A resource that was compiled but must not be sent. A value.
 *
 * @param fieldPath where it is wrong; empty for the whole
 * @param message what was wrong and what was expected
 * @param revision the store's revision from which it was compiled
 * @param documents of which it was made, as far as that is known
 */
public record ResourceProblem(
    ResourceKey key, String fieldPath, String message, long revision, List<Document> documents) {
  public ResourceProblem {
    documents = List.copyOf(documents);
  }
}
