package dev.weft.controlplane.snapshot;

import dev.weft.controlplane.compile.ResourceKey;

/**
 * A resource that was compiled but must not be sent. A value.
 *
 * @param fieldPath where it is wrong; empty for the whole
 * @param message what was wrong and what was expected
 * @param revision the store's revision from which it was compiled
 */
public record ResourceProblem(ResourceKey key, String fieldPath, String message, long revision) {}
