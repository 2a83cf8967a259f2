package dev.weft.controlplane.discovery;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.snapshot.EncodedResource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one sidecar has of one resource. Owned by the engine thread. */
final class Holding {
  /** Of the content in force there; null: it has none. */
  @Nullable String version;

  /** That content; null: unknown, because it came along from an earlier stream. */
  @Nullable EncodedResource content;

  /** The version that was refused last; null: none, or another one has been accepted since. */
  @Nullable String refused;

  /** The revision from which what was refused was owed, and the one at which it was refused. */
  long refusedOwedSince;

  long refusedAt;

  void accepted(EncodedResource resource) {
    version = resource.version();
    content = resource;
    refused = null;
  }

  /** What the content in force refers to, as far as it is known. */
  List<ResourceKey> needs() {
    EncodedResource known = content;
    return known == null ? List.of() : known.needs();
  }

  boolean unknownContent() {
    return version != null && content == null;
  }
}
