/**
 * The way to a control plane and to sidecars that run in Kubernetes: through the API server's
 * port-forward, as the person whom the kubeconfig names.
 *
 * <p>Runs on the command's thread; a forward has threads of fabric8's client, and {@link
 * dev.weft.cli.cluster.ControlPlanePort} virtual ones. Imports nothing of the command line.
 */
@NullMarked
package dev.weft.cli.cluster;

import org.jspecify.annotations.NullMarked;
