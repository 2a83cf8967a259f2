@org.jspecify.annotations.NullMarked
package dev.weft.controlplane.registry.store.etcd;
