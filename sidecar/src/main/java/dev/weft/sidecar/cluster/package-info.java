/**
 * Layer 2: clusters at run time: endpoints with their health, outlier detection, limits; publishes
 * pickers. The control loop owns {@link dev.weft.sidecar.cluster.ClusterSet} and everything that
 * changes health; a worker reads a cluster's current picker by one volatile read and reports
 * outcomes into counters of its own, which the control loop folds every 100 ms. Imports {@code
 * common.config} and {@code sidecar.lb}.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.cluster;
