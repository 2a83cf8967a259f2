package dev.weft.controlplane.compile;

import dev.weft.proto.discovery.v1.Resource;
import java.util.List;

/**
 * One resource as it was compiled, without a version. A value.
 *
 * @param needs what it refers to by name, each once, in order of appearance
 */
public record Compiled(ResourceKey key, Resource resource, List<ResourceKey> needs) {
  public Compiled {
    needs = List.copyOf(needs);
  }
}
