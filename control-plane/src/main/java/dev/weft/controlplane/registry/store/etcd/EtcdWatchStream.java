package dev.weft.controlplane.registry.store.etcd;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.WatchCreateRequest;
import io.etcd.jetcd.api.WatchGrpc;
import io.etcd.jetcd.api.WatchRequest;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One call to etcd's watch service. Asks for a message only when the one before was taken, so that
 * a slow taker makes etcd wait and holds no memory here. Taken from by one thread; closed by any.
 */
final class EtcdWatchStream implements AutoCloseable {
  /** The last thing that is received. */
  private record End() {}

  private final ClientCall<WatchRequest, WatchResponse> call;
  private final LinkedBlockingQueue<Object> received = new LinkedBlockingQueue<>();
  private volatile @Nullable Status ended;

  EtcdWatchStream(EtcdChannel channel) {
    call = channel.stream(WatchGrpc.getWatchMethod());
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(WatchResponse message) {
            received.add(message);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            ended =
                status.isOk() ? Status.UNAVAILABLE.withDescription("etcd ended the watch") : status;
            received.add(new End());
          }
        },
        new Metadata());
    call.request(1);
  }

  void create(ByteString key, ByteString end, long fromRevision) {
    call.sendMessage(
        WatchRequest.newBuilder()
            .setCreateRequest(
                WatchCreateRequest.newBuilder()
                    .setKey(key)
                    .setRangeEnd(end)
                    .setStartRevision(fromRevision))
            .build());
  }

  /**
   * Waits for the next message.
   *
   * @return null if none came in time
   * @throws io.grpc.StatusRuntimeException if the call ended
   */
  @Nullable WatchResponse take(Duration timeout) {
    return message(poll(timeout.toNanos()));
  }

  /** As {@link #take(Duration)}, for as long as it takes. */
  @Nullable WatchResponse take() {
    return message(poll(Long.MAX_VALUE));
  }

  private @Nullable Object poll(long nanos) {
    try {
      return received.poll(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new End();
    }
  }

  private @Nullable WatchResponse message(@Nullable Object object) {
    if (object instanceof WatchResponse response) {
      call.request(1);
      return response;
    }
    if (object instanceof End) {
      Status status = ended;
      throw (status == null ? Status.CANCELLED : status).asRuntimeException();
    }
    return null;
  }

  @Override
  public void close() {
    call.cancel("the watch was closed", null);
  }
}
