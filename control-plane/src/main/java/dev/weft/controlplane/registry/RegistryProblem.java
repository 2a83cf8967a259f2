package dev.weft.controlplane.registry;

/**
 * Something in the store that this replica could not use; everything else is in force.
 *
 * @param key the store's key
 * @param message what is wrong with it
 */
public record RegistryProblem(String key, String message) {}
