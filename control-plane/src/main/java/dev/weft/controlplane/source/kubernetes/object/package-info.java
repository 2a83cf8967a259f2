/**
 * What is kept of Kubernetes' objects, and how they become entries of the store: trimming, and the
 * join of EndpointSlices with pods and nodes. Pure but for {@code ClusterObjects}, which is owned
 * by the source's thread. Imports {@code api}, the registry's keys, {@code validate.yaml} and the
 * messages.
 */
@NullMarked
package dev.weft.controlplane.source.kubernetes.object;

import org.jspecify.annotations.NullMarked;
