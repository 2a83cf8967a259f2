/**
 * Layer 6: the delta client. The control loop owns everything here but {@link
 * dev.weft.sidecar.discovery.WorkerHosts}, of which each worker owns one: it holds the stream to
 * one control plane, applies what comes all or nothing, has every worker confirm it, and only then
 * acknowledges. What was last good stays in force, and on disk. Imports {@code common.wire}, {@code
 * common.config}, {@code common.route} and {@code sidecar.proxy}.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.discovery;
