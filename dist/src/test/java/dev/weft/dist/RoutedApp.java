package dev.weft.dist;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.StringValue;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A program in pods: it says its pod's name by gRPC, and by HTTP after a while; or it asks others
 * by gRPC. Its class goes into pods alone, beside the jars of the control plane's image: it has no
 * other classes, and uses only what the control plane does.
 */
final class RoutedApp {
  static final int GRPC = 9090;
  static final int SLOW_HTTP = 8081;

  /** A method of its service. */
  static final String MOVED = "Moved";

  /** Another one, which does the same. */
  static final String STAYING = "Staying";

  static final String SERVICE = "weft.test.Names";
  private static final int SLOW_SECONDS = 3;
  private static final int DEADLINE_SECONDS = 20;

  private RoutedApp() {}

  /** Arguments: none, and it serves; or {@code HOST:PORT METHOD TIMES}, and it prints the names. */
  public static void main(String[] args) throws Exception {
    if (args.length == 0) {
      serve(InetAddress.getLocalHost().getHostName());
    } else {
      call(args[0], args[1], Integer.parseInt(args[2]));
    }
  }

  private static void serve(String name) throws Exception {
    HttpServer slow = HttpServer.create(new InetSocketAddress(SLOW_HTTP), 0);
    slow.createContext(
        "/",
        exchange ->
            CompletableFuture.delayedExecutor(SLOW_SECONDS, TimeUnit.SECONDS)
                .execute(() -> answer(exchange, name)));
    slow.start();
    StringValue answer = StringValue.of(name);
    NettyServerBuilder.forPort(GRPC)
        .addService(
            ServerServiceDefinition.builder(SERVICE)
                .addMethod(
                    method(MOVED), ServerCalls.asyncUnaryCall((request, to) -> answer(to, answer)))
                .addMethod(
                    method(STAYING),
                    ServerCalls.asyncUnaryCall((request, to) -> answer(to, answer)))
                .build())
        .build()
        .start()
        .awaitTermination();
  }

  private static void answer(StreamObserver<StringValue> to, StringValue answer) {
    to.onNext(answer);
    to.onCompleted();
  }

  private static void answer(HttpExchange exchange, String name) {
    byte[] body = name.getBytes(UTF_8);
    try (exchange) {
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    } catch (IOException e) {
      // Who asked has not waited.
    }
  }

  private static void call(String target, String method, int times) {
    ManagedChannel channel = ManagedChannelBuilder.forTarget(target).usePlaintext().build();
    try {
      for (int i = 0; i < times; i++) {
        StringValue answer =
            ClientCalls.blockingUnaryCall(
                channel,
                method(method),
                CallOptions.DEFAULT.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS),
                StringValue.getDefaultInstance());
        System.out.println(answer.getValue());
      }
    } finally {
      channel.shutdownNow();
    }
  }

  private static MethodDescriptor<StringValue, StringValue> method(String name) {
    return MethodDescriptor.<StringValue, StringValue>newBuilder()
        .setType(MethodDescriptor.MethodType.UNARY)
        .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name))
        .setRequestMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
        .setResponseMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
        .build();
  }
}
