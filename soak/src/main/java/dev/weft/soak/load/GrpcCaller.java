package dev.weft.soak.load;

import dev.weft.soak.app.CallerHandler;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.EquivalentAddressGroup;
import io.grpc.ForwardingClientCall;
import io.grpc.ForwardingClientCallListener;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.Status;
import io.grpc.StatusOr;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Unary calls by grpc-java, spread over all ports by its own round robin. No retry is configured;
 * what grpc-java sends again by itself is what it never wrote, or what a GOAWAY says was not served
 * ("transparent retry" of gRFC A6): that is how it honours a GOAWAY.
 */
final class GrpcCaller implements Caller {
  private static final long DEADLINE_SECONDS = 25;
  private static final byte[] MESSAGE = new byte[512];
  private static final MethodDescriptor<byte[], byte[]> ECHO =
      MethodDescriptor.<byte[], byte[]>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("weft.soak.Echo/Say")
          .setRequestMarshaller(Bytes.INSTANCE)
          .setResponseMarshaller(Bytes.INSTANCE)
          .build();

  private static final Metadata.Key<String> BEGUN =
      Metadata.Key.of(CallerHandler.BEGUN, Metadata.ASCII_STRING_MARSHALLER);

  private final Resolver resolver;
  private final ManagedChannel channel;

  GrpcCaller(Aim aim) {
    resolver = new Resolver(aim.ports());
    NameResolverRegistry.getDefaultRegistry().register(resolver);
    channel =
        NettyChannelBuilder.forTarget("soak:///callers")
            .defaultLoadBalancingPolicy("round_robin")
            .overrideAuthority(aim.authority().isEmpty() ? "caller" : aim.authority())
            .usePlaintext()
            .build();
  }

  @Override
  public String protocol() {
    return "gRPC";
  }

  @Override
  public void targets(List<Integer> ports) {
    resolver.tell(ports);
  }

  @Override
  public void call(Consumer<@Nullable Problem> done) {
    var call =
        new Watched(
            channel.newCall(
                ECHO, CallOptions.DEFAULT.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)));
    ClientCalls.asyncUnaryCall(
        call,
        MESSAGE,
        new StreamObserver<>() {
          private byte @Nullable [] answer;

          @Override
          public void onNext(byte[] message) {
            answer = message;
          }

          @Override
          public void onError(Throwable failure) {
            done.accept(call.problem(failure));
          }

          @Override
          public void onCompleted() {
            done.accept(
                Arrays.equals(answer, MESSAGE)
                    ? null
                    : new Problem("OK with another message", call.port(), false, false));
          }
        });
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }

  /** A call that remembers where it went, and whether its response began. */
  private static final class Watched
      extends ForwardingClientCall.SimpleForwardingClientCall<byte[], byte[]> {
    private volatile boolean begun;

    Watched(ClientCall<byte[], byte[]> call) {
      super(call);
    }

    @Override
    public void start(Listener<byte[]> listener, Metadata headers) {
      super.start(
          new ForwardingClientCallListener.SimpleForwardingClientCallListener<>(listener) {
            @Override
            public void onHeaders(Metadata answered) {
              begun = true;
              super.onHeaders(answered);
            }
          },
          headers);
    }

    int port() {
      return getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR) instanceof InetSocketAddress to
          ? to.getPort()
          : 0;
    }

    Problem problem(Throwable failure) {
      Metadata trailers = Status.trailersFromThrowable(failure);
      boolean inner = trailers != null && trailers.containsKey(BEGUN);
      return new Problem(
          failure + (failure.getCause() == null ? "" : ", " + failure.getCause()),
          port(),
          // Where a server has answered, there are its headers.
          Status.fromThrowable(failure).getCode() == Status.Code.UNAVAILABLE
              && (trailers == null || trailers.keys().isEmpty()),
          begun || inner);
    }
  }

  private enum Bytes implements MethodDescriptor.Marshaller<byte[]> {
    INSTANCE;

    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Tells the one channel where to go. */
  private static final class Resolver extends NameResolverProvider {
    private volatile List<EquivalentAddressGroup> addresses;
    private volatile NameResolver.@Nullable Listener2 listener;

    Resolver(List<Integer> ports) {
      addresses = addresses(ports);
    }

    private static List<EquivalentAddressGroup> addresses(List<Integer> ports) {
      return ports.stream()
          .map(port -> new EquivalentAddressGroup(new InetSocketAddress("127.0.0.1", port)))
          .toList();
    }

    void tell(List<Integer> ports) {
      addresses = addresses(ports);
      tell();
    }

    private void tell() {
      NameResolver.Listener2 to = listener;
      if (to != null) {
        to.onResult(
            NameResolver.ResolutionResult.newBuilder()
                .setAddressesOrError(StatusOr.fromValue(addresses))
                .setAttributes(Attributes.EMPTY)
                .build());
      }
    }

    @Override
    protected boolean isAvailable() {
      return true;
    }

    @Override
    protected int priority() {
      return 5;
    }

    @Override
    public String getDefaultScheme() {
      return "soak";
    }

    @Override
    public NameResolver newNameResolver(URI target, NameResolver.Args args) {
      return new NameResolver() {
        @Override
        public String getServiceAuthority() {
          return "caller";
        }

        @Override
        public void start(Listener2 to) {
          listener = to;
          tell();
        }

        @Override
        public void refresh() {
          tell();
        }

        @Override
        public void shutdown() {}
      };
    }
  }
}
