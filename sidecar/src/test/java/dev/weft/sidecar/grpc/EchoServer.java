package dev.weft.sidecar.grpc;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A gRPC server that answers a text with its name and the text, by each of the four call types. A
 * text {@code fail CODE MESSAGE} ends the call with that status, {@code hang} never ends it.
 */
final class EchoServer implements AutoCloseable {
  static final String SERVICE = "test.Echo";
  static final MethodDescriptor<String, String> UNARY =
      method("Unary", MethodDescriptor.MethodType.UNARY);
  static final MethodDescriptor<String, String> CLIENT =
      method("Client", MethodDescriptor.MethodType.CLIENT_STREAMING);
  static final MethodDescriptor<String, String> SERVER =
      method("Server", MethodDescriptor.MethodType.SERVER_STREAMING);
  static final MethodDescriptor<String, String> BIDI =
      method("Bidi", MethodDescriptor.MethodType.BIDI_STREAMING);

  /** Serving until told otherwise. */
  final HealthStatusManager health = new HealthStatusManager();

  final AtomicInteger calls = new AtomicInteger();
  final AtomicInteger cancelled = new AtomicInteger();

  /** What each call had as its deadline when it came, in nanoseconds from then. */
  final List<Long> deadlines = new CopyOnWriteArrayList<>();

  private final String name;
  private final Status always;
  private final Server server;

  EchoServer(String name) {
    this(name, Status.OK);
  }

  /**
   * @param always ends every call at once, unless it is OK
   */
  EchoServer(String name, Status always) {
    this.name = name;
    this.always = always;
    try {
      server =
          NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
              .addService(health.getHealthService())
              .addService(
                  ServerInterceptors.intercept(
                      ServerServiceDefinition.builder(SERVICE)
                          .addMethod(UNARY, ServerCalls.asyncUnaryCall(this::one))
                          .addMethod(CLIENT, ServerCalls.asyncClientStreamingCall(this::joined))
                          .addMethod(SERVER, ServerCalls.asyncServerStreamingCall(this::parts))
                          .addMethod(BIDI, ServerCalls.asyncBidiStreamingCall(this::each))
                          .build(),
                      new Recorder()))
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The method of that name. */
  static MethodDescriptor<String, String> method(String name) {
    return switch (name) {
      case "Unary" -> UNARY;
      case "Client" -> CLIENT;
      case "Server" -> SERVER;
      default -> BIDI;
    };
  }

  int port() {
    return server.getPort();
  }

  @Override
  public void close() {
    server.shutdownNow();
    try {
      server.awaitTermination();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void one(String text, StreamObserver<String> out) {
    watch(out);
    if (!ended(text, out)) {
      out.onNext(name + " " + text);
      out.onCompleted();
    }
  }

  /** One message for each word. */
  private void parts(String text, StreamObserver<String> out) {
    watch(out);
    for (String word : text.split(" ", -1)) {
      if (ended(word.replace('_', ' '), out)) {
        return;
      }
      out.onNext(name + " " + word);
    }
    out.onCompleted();
  }

  private StreamObserver<String> joined(StreamObserver<String> out) {
    var all = new StringBuilder(name);
    return observer(out, text -> all.append(' ').append(text), () -> out.onNext(all.toString()));
  }

  private StreamObserver<String> each(StreamObserver<String> out) {
    return observer(out, text -> out.onNext(name + " " + text), () -> {});
  }

  private StreamObserver<String> observer(
      StreamObserver<String> out, Consumer<String> next, Runnable last) {
    watch(out);
    return new StreamObserver<>() {
      private boolean over;

      @Override
      public void onNext(String text) {
        over = over || ended(text, out);
        if (!over) {
          next.accept(text);
        }
      }

      @Override
      public void onError(Throwable t) {
        over = true;
      }

      @Override
      public void onCompleted() {
        if (!over) {
          last.run();
          out.onCompleted();
        }
      }
    };
  }

  private void watch(StreamObserver<String> out) {
    ((ServerCallStreamObserver<String>) out).setOnCancelHandler(cancelled::incrementAndGet);
  }

  private boolean ended(String text, StreamObserver<String> out) {
    if (text.equals("hang")) {
      return true;
    }
    if (!text.startsWith("fail ")) {
      return false;
    }
    String[] parts = text.split(" ", 3);
    out.onError(
        Status.fromCodeValue(Integer.parseInt(parts[1]))
            .withDescription(parts[2])
            .asRuntimeException());
    return true;
  }

  private static MethodDescriptor<String, String> method(
      String name, MethodDescriptor.MethodType type) {
    return MethodDescriptor.newBuilder(new Text(), new Text())
        .setType(type)
        .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name))
        .build();
  }

  private final class Recorder implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      calls.incrementAndGet();
      Deadline deadline = Context.current().getDeadline();
      deadlines.add(deadline == null ? -1 : deadline.timeRemaining(TimeUnit.NANOSECONDS));
      if (!always.isOk()) {
        call.close(always, new Metadata());
        return new ServerCall.Listener<>() {};
      }
      return next.startCall(call, headers);
    }
  }

  private static final class Text implements MethodDescriptor.Marshaller<String> {
    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String parse(InputStream stream) {
      try {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
