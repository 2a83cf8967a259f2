package dev.weft.sidecar.discovery;

import dev.weft.sidecar.telemetry.Bound;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors.CheckedForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Shows the token of a file with every call (RFC 6750). The file is read anew each time: kubelet
 * replaces it well before the token ends. Control loop.
 */
final class BearerToken implements ClientInterceptor {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final int MAX_BYTES = Bound.TOKEN_FILE.intValue();

  private final Path file;

  BearerToken(Path file) {
    this.file = file;
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    return new CheckedForwardingClientCall<>(next.newCall(method, options)) {
      @Override
      protected void checkedStart(Listener<R> listener, Metadata headers) throws StatusException {
        headers.put(AUTHORIZATION, "Bearer " + read());
        delegate().start(listener, headers);
      }
    };
  }

  private String read() throws StatusException {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw wrong("is larger than " + MAX_BYTES + " bytes");
      }
      String token = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
      for (int i = 0; i < token.length(); i++) {
        if (token.charAt(i) <= ' ' || token.charAt(i) > '~') {
          throw wrong("holds no token: expected one line, as kubelet writes it");
        }
      }
      if (token.isEmpty()) {
        throw wrong("is empty");
      }
      return token;
    } catch (NoSuchFileException e) {
      throw wrong("does not exist");
    } catch (IOException e) {
      throw wrong("cannot be read: " + e.getMessage());
    }
  }

  private StatusException wrong(String how) {
    return Status.UNAUTHENTICATED
        .withDescription("no token to show: --token-file " + file + ' ' + how)
        .asException();
  }
}
