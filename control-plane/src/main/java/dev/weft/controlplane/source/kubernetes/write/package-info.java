/**
 * Makes the store hold what Kubernetes has: the difference of the two, in transactions that happen
 * only as long as this replica leads.
 *
 * <p>Owned by the source's thread, on which the store's answers are continued. Imports {@code
 * object} and the registry.
 */
@NullMarked
package dev.weft.controlplane.source.kubernetes.write;

import org.jspecify.annotations.NullMarked;
