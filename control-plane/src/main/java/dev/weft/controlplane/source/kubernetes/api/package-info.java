/**
 * The Kubernetes API as far as a source needs it: list and watch a kind for as long as it runs, and
 * say in a person's words what keeps it from that.
 *
 * <p>fabric8's client brings configuration, TLS and credentials; the watching is ours, because what
 * is kept of an object is decided before it is kept. One virtual thread per informer. Imports
 * nothing of Weft.
 */
@NullMarked
package dev.weft.controlplane.source.kubernetes.api;

import org.jspecify.annotations.NullMarked;
