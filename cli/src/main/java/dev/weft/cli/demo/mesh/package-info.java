/**
 * A mesh of processes on the loopback address: the control plane, its store, and instances of
 * services as pairs of an application and its sidecar. Used by the main thread of whoever starts
 * one. May import the public API's stubs and {@code demo.process}.
 */
@NullMarked
package dev.weft.cli.demo.mesh;

import org.jspecify.annotations.NullMarked;
