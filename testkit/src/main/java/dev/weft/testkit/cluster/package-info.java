/**
 * A real Kubernetes for tests: the cluster of {@code KUBECONFIG}, a namespace per test in it.
 *
 * <p>Everything goes through {@code kubectl}, which has to be on the PATH: what a test does is what
 * a person does. Called by the tests' own threads. Imports nothing of Weft.
 */
@NullMarked
package dev.weft.testkit.cluster;

import org.jspecify.annotations.NullMarked;
