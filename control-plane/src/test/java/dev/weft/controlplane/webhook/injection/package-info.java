/** Tests of what becomes of a pod. */
@org.jspecify.annotations.NullMarked
package dev.weft.controlplane.webhook.injection;
