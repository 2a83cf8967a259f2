package dev.weft.controlplane.limit;

import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Grpc;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Where a call comes from. Safe from any thread. */
public final class Peers {
  private static final Context.Key<String> ADDRESS = Context.key("weft-peer-address");
  private static final Context.Key<String> HOST = Context.key("weft-peer-host");

  private Peers() {}

  /** Address and port of the other end. */
  public static String address(Attributes attributes) {
    SocketAddress remote = attributes.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    return remote instanceof InetSocketAddress address
        ? host(address) + ":" + address.getPort()
        : String.valueOf(remote);
  }

  /** Its address without the port: that of a machine, or of a pod. */
  static String host(Attributes attributes) {
    SocketAddress remote = attributes.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    return remote instanceof InetSocketAddress address ? host(address) : String.valueOf(remote);
  }

  private static String host(InetSocketAddress address) {
    return address.getAddress() == null
        ? address.getHostString()
        : address.getAddress().getHostAddress();
  }

  /** A context in which the call comes from there. */
  static Context in(Context context, Attributes attributes) {
    return context.withValues(ADDRESS, address(attributes), HOST, host(attributes));
  }

  /** Where the call comes from that the current thread serves. */
  public static String currentAddress() {
    return known(ADDRESS.get());
  }

  /** The same without the port. */
  public static String currentHost() {
    return known(HOST.get());
  }

  private static String known(@Nullable String value) {
    return value == null ? "unknown" : value;
  }
}
