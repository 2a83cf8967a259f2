/**
 * Gathers what the rules of {@code weft check} judge: from the API server, through its port-forward
 * from the control plane and the sidecars, or from a control plane without Kubernetes.
 *
 * <p>Runs on the command's thread; sidecars are asked by several virtual threads. What the person
 * may not see is said as a finding and left out. Imports {@code finding}, {@code rule}, {@code
 * cli.cluster} and {@code cli.install}.
 */
@NullMarked
package dev.weft.cli.check.gather;

import org.jspecify.annotations.NullMarked;
