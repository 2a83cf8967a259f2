package dev.weft.controlplane.app;

import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.io.InputStream;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The services of a server that is up before they can be: until then every call of ours is answered
 * with UNAVAILABLE and the reason. Safe from any thread.
 */
final class LateServices extends HandlerRegistry {
  private static final String OURS = "weft.";

  private final Supplier<String> reason;
  private volatile List<ServerServiceDefinition> services = List.of();

  /**
   * @param reason why they are not there yet
   */
  LateServices(Supplier<String> reason) {
    this.reason = reason;
  }

  void open(List<ServerServiceDefinition> all) {
    services = List.copyOf(all);
  }

  @Override
  public List<ServerServiceDefinition> getServices() {
    return services;
  }

  @Override
  public @Nullable ServerMethodDefinition<?, ?> lookupMethod(
      String methodName, @Nullable String authority) {
    List<ServerServiceDefinition> now = services;
    if (now.isEmpty() && methodName.startsWith(OURS)) {
      return unavailable(methodName);
    }
    for (ServerServiceDefinition service : now) {
      ServerMethodDefinition<?, ?> method = service.getMethod(methodName);
      if (method != null) {
        return method;
      }
    }
    return null;
  }

  private ServerMethodDefinition<InputStream, InputStream> unavailable(String methodName) {
    MethodDescriptor<InputStream, InputStream> descriptor =
        MethodDescriptor.<InputStream, InputStream>newBuilder()
            .setType(MethodDescriptor.MethodType.UNKNOWN)
            .setFullMethodName(methodName)
            .setRequestMarshaller(new Bytes())
            .setResponseMarshaller(new Bytes())
            .build();
    return ServerMethodDefinition.create(
        descriptor,
        (call, headers) -> {
          call.close(
              Status.UNAVAILABLE.withDescription("the control plane is not ready: " + reason.get()),
              new Metadata());
          return new ServerCall.Listener<>() {};
        });
  }

  /** Takes any message as it is. */
  private static final class Bytes implements MethodDescriptor.Marshaller<InputStream> {
    @Override
    public InputStream stream(InputStream value) {
      return value;
    }

    @Override
    public InputStream parse(InputStream stream) {
      return InputStream.nullInputStream();
    }
  }
}
