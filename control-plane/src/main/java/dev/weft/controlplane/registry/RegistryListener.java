package dev.weft.controlplane.registry;

/** Is told of every new view. */
@FunctionalInterface
public interface RegistryListener {
  /**
   * A new view is current. Called on the registry thread, in order, without gaps: each change's
   * {@code previous} is the last one's {@code view}. Must not block; what it throws is logged and
   * otherwise ignored.
   */
  void onChange(RegistryChange change);
}
