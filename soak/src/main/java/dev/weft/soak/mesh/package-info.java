/**
 * The mesh that a soak run is about: etcd, two replicas of the control plane, services in two
 * zones, sidecars that only call, each a process, and stretches of network between them that can be
 * delayed, cut or silenced. The main thread starts and ends processes; bytes in links are moved by
 * virtual threads. Imports {@code app}, {@code watch}, {@code dev.weft.common.config} and {@code
 * dev.weft.cli.demo}.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.soak.mesh;
