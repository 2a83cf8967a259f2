package dev.weft.sidecar.dns;

import dev.weft.common.config.VirtualHostConfig;
import org.jspecify.annotations.Nullable;

/** What the sidecar knows of the mesh's names, on demand. Control loop only. */
public interface MeshNames {
  /** What is in force for a name with {@link DnsServer#PREFIX}; null: not asked for yet. */
  @Nullable VirtualHostConfig use(String name);

  /**
   * Asks for it; {@link DnsServer#changed} is called when it is there.
   *
   * @return false: it will not come
   */
  boolean want(String name);

  /** Whether what is in force is kept true by a control plane. */
  boolean connected();
}
