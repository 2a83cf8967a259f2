/**
 * Layer 4: from the registry's view to resources. Pure: the same view gives the same bytes on every
 * replica. What has been compiled is remembered with the inputs that it was made of, and made again
 * only when one of them has changed.
 *
 * <p>A {@link dev.weft.controlplane.compile.Compiler} belongs to one thread, the discovery
 * engine's; everything else here is a value or a function. Imports {@code model}, {@code limit},
 * {@code registry} (views), {@code common.config} and the messages.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.controlplane.compile;
