/**
 * Layer 6: the thread of the discovery engine, and its time.
 *
 * <p>Imports nothing.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.controlplane.discovery.loop;
