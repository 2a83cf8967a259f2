package dev.weft.controlplane.auth;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;

/**
 * A call that may be ended by the guard while whoever serves it is still sending: what comes after
 * the end goes nowhere. Safe from any two threads.
 */
final class GuardedCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
  private boolean over;

  GuardedCall(ServerCall<Q, R> call) {
    super(call);
  }

  /** Ends the call; false: it was over already. */
  synchronized boolean refuse(Refusal refusal) {
    if (over) {
      return false;
    }
    over = true;
    super.close(
        Status.fromCode(refusal.status()).withDescription(refusal.sentence()), new Metadata());
    return true;
  }

  @Override
  public synchronized void request(int messages) {
    if (!over) {
      super.request(messages);
    }
  }

  @Override
  public synchronized void sendHeaders(Metadata headers) {
    if (!over) {
      super.sendHeaders(headers);
    }
  }

  @Override
  public synchronized void sendMessage(R message) {
    if (!over) {
      super.sendMessage(message);
    }
  }

  @Override
  public synchronized void close(Status status, Metadata trailers) {
    if (!over) {
      over = true;
      super.close(status, trailers);
    }
  }
}
