package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.cli.cluster.MeshCluster;
import dev.weft.proto.mesh.v1.ListNodesRequest;
import dev.weft.proto.mesh.v1.MeshServiceGrpc;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A client that calls as the command line says that {@code weft port-forward} has printed. */
final class PrintedClient implements AutoCloseable {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Pattern PRINTED =
      Pattern.compile(
          "grpcurl -cacert (\\S+) -authority (\\S+) .* 127\\.0\\.0\\.1:([0-9]+) list\\n",
          Pattern.DOTALL);

  private final Path ca;
  private final String authority;
  private final int port;
  private final ManagedChannel channel;
  private final Channel calls;

  private PrintedClient(Matcher printed, String token) throws IOException {
    ca = Path.of(printed.group(1));
    authority = printed.group(2);
    port = Integer.parseInt(printed.group(3));
    channel =
        Grpc.newChannelBuilderForAddress(
                "127.0.0.1",
                port,
                TlsChannelCredentials.newBuilder().trustManager(ca.toFile()).build())
            .overrideAuthority(authority)
            .build();
    calls =
        token.isEmpty()
            ? channel
            : ClientInterceptors.intercept(channel, MeshCluster.bearer(token));
  }

  /** Waits until it has printed what to call. */
  static PrintedClient of(RunningCommand command) throws IOException {
    return of(command, "");
  }

  /**
   * Waits until it has printed what to call.
   *
   * @param token to show with every call; empty: none
   */
  static PrintedClient of(RunningCommand command, String token) throws IOException {
    await()
        .atMost(LONG)
        .untilAsserted(() -> assertThat(command.out()).as(command.err()).contains(" list\n"));
    Matcher printed = PRINTED.matcher(command.out());
    assertThat(printed.find()).as(command.out()).isTrue();
    return new PrintedClient(printed, token);
  }

  Path ca() {
    return ca;
  }

  String authority() {
    return authority;
  }

  int port() {
    return port;
  }

  /** Which replica answers. */
  String replica() {
    return MeshServiceGrpc.newBlockingStub(calls)
        .withDeadlineAfter(LONG.toSeconds(), TimeUnit.SECONDS)
        .listNodes(ListNodesRequest.getDefaultInstance())
        .getReplica();
  }

  /** What is refused, or does not work; empty: nothing. */
  String failure() {
    try {
      replica();
      return "";
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode() + ": " + e.getStatus().getDescription();
    }
  }

  /** What reflection lists, without a token. */
  List<String> services() {
    var answer = new CompletableFuture<ServerReflectionResponse>();
    StreamObserver<ServerReflectionRequest> asked =
        ServerReflectionGrpc.newStub(channel)
            .serverReflectionInfo(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ServerReflectionResponse response) {
                    answer.complete(response);
                  }

                  @Override
                  public void onError(Throwable failure) {
                    answer.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {}
                });
    asked.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
    ServerReflectionResponse listed = answer.orTimeout(LONG.toSeconds(), TimeUnit.SECONDS).join();
    asked.onCompleted();
    return listed.getListServicesResponse().getServiceList().stream()
        .map(ServiceResponse::getName)
        .toList();
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
