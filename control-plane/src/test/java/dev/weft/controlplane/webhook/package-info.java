/** Tests of what the API server is answered. */
@org.jspecify.annotations.NullMarked
package dev.weft.controlplane.webhook;
