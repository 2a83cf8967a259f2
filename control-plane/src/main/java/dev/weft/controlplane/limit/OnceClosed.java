package dev.weft.controlplane.limit;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;

/**
 * A call that may be ended before whoever serves it does: what they send and how they end it goes
 * nowhere then. Safe from any two threads.
 */
final class OnceClosed<Q, R> extends SimpleForwardingServerCall<Q, R> {
  private boolean over;
  private boolean refused;

  OnceClosed(ServerCall<Q, R> call) {
    super(call);
  }

  synchronized void refuse(Status status) {
    if (!over) {
      over = true;
      refused = true;
      super.close(status, new Metadata());
    }
  }

  synchronized boolean refused() {
    return refused;
  }

  @Override
  public synchronized void request(int messages) {
    if (!refused) {
      super.request(messages);
    }
  }

  @Override
  public synchronized void sendHeaders(Metadata headers) {
    if (!refused) {
      super.sendHeaders(headers);
    }
  }

  @Override
  public synchronized void sendMessage(R message) {
    if (!refused) {
      super.sendMessage(message);
    }
  }

  @Override
  public synchronized void close(Status status, Metadata trailers) {
    if (!refused) {
      over = true;
      super.close(status, trailers);
    }
  }
}
