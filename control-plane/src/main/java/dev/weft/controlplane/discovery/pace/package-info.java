/**
 * Layer 6: how much of the discovery engine one sidecar gets: its time, its memory, its streams.
 *
 * <p>Pure but for the tasks that it is given; owned by the engine thread. Imports {@code limit}.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.controlplane.discovery.pace;
