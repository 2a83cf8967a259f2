/** Tests of what is said in the status of Kubernetes' objects. */
@NullMarked
package dev.weft.controlplane.status;

import org.jspecify.annotations.NullMarked;
