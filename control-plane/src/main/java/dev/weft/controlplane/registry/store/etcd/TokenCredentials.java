package dev.weft.controlplane.registry.store.etcd;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.AuthGrpc;
import io.etcd.jetcd.api.AuthenticateRequest;
import io.etcd.jetcd.api.AuthenticateResponse;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Trades user and password for a token once, and for another when etcd does not know it any more.
 * Thread-safe.
 */
final class TokenCredentials extends CallCredentials {
  private static final Metadata.Key<String> TOKEN =
      Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);

  private final String user;
  private final String password;
  private final long timeoutNanos;
  private @Nullable Channel channel;
  private @Nullable CompletableFuture<String> token;

  TokenCredentials(String user, String password, long timeoutNanos) {
    this.user = user;
    this.password = password;
    this.timeoutNanos = timeoutNanos;
  }

  synchronized void authenticateOver(Channel newChannel) {
    channel = newChannel;
  }

  /** Forgets the token. */
  synchronized void forget() {
    if (token != null && token.isDone()) {
      token = null;
    }
  }

  @Override
  public void applyRequestMetadata(RequestInfo info, Executor executor, MetadataApplier applier) {
    token()
        .whenComplete(
            (value, failure) -> {
              if (failure != null) {
                forget();
                applier.fail(Status.fromThrowable(failure));
              } else {
                Metadata metadata = new Metadata();
                metadata.put(TOKEN, value);
                applier.apply(metadata);
              }
            });
  }

  private synchronized CompletableFuture<String> token() {
    if (token == null) {
      token =
          channel == null
              ? CompletableFuture.failedFuture(Status.UNAVAILABLE.asRuntimeException())
              : authenticate(channel);
    }
    return token;
  }

  private CompletableFuture<String> authenticate(Channel over) {
    Answer<AuthenticateResponse> answer = new Answer<>();
    ClientCalls.asyncUnaryCall(
        over.newCall(
            AuthGrpc.getAuthenticateMethod(),
            CallOptions.DEFAULT.withDeadlineAfter(timeoutNanos, TimeUnit.NANOSECONDS)),
        AuthenticateRequest.newBuilder()
            .setNameBytes(ByteString.copyFromUtf8(user))
            .setPasswordBytes(ByteString.copyFromUtf8(password))
            .build(),
        answer);
    return answer.future().thenApply(AuthenticateResponse::getToken);
  }
}
