/**
 * Layer 7: the step that has the kernel send a machine's or a pod's traffic through its sidecar:
 * {@code weft-sidecar intercept}. A process of its own that ends when the rules are in force; one
 * thread; needs no Netty. Imports {@code app.options} for its flags.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.app.intercept;
