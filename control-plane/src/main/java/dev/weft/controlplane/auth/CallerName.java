package dev.weft.controlplane.auth;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What the one is called who makes the call that is being served, for what is written down of it.
 * {@link CallGuard} says it where callers are known; else it is where they call from. Safe from any
 * thread.
 */
public final class CallerName {
  private static final Context.Key<String> KEY = Context.key("weft-caller");

  private CallerName() {}

  /** Of the call that the current thread serves; empty: not known. */
  public static String current() {
    String name = KEY.get();
    return name == null ? "" : name;
  }

  /** A context like that one, in which the caller is called so. */
  static Context in(Context context, String name) {
    return context.withValue(KEY, name);
  }

  /** Stands before services that do not ask who calls. */
  public static ServerInterceptor byAddress() {
    return new ServerInterceptor() {
      @Override
      public <Q, R> ServerCall.Listener<Q> interceptCall(
          ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        String name = address(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
        return Contexts.interceptCall(in(Context.current(), name), call, headers, next);
      }
    };
  }

  private static String address(@Nullable SocketAddress peer) {
    String host =
        peer instanceof InetSocketAddress internet
            ? internet.getAddress().getHostAddress()
            : String.valueOf(peer);
    return host + " (not authenticated)";
  }
}
