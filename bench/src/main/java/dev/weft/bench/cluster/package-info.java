/**
 * Layer 1: what is measured on a cluster of Kubernetes: images, installation, applications with
 * sidecars, changes of routes, starts of pods, webhooks, resident memory. Imports nothing of the
 * other packages. Runs on the bench's one thread, callers on virtual threads.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.bench.cluster;
