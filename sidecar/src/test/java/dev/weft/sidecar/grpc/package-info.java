/** Real gRPC clients and servers through real sidecars. */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.grpc;
