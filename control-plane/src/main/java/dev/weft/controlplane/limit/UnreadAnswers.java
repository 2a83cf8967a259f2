package dev.weft.controlplane.limit;

import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.util.HashMap;
import java.util.Map;

/**
 * Counts, for each host, the bytes of answers that its calls have got and not taken: whoever asks
 * for large lists and does not read them has them lie in our memory. Answers of streams are not
 * among them; these wait until they are read. Safe from any thread.
 */
public final class UnreadAnswers extends ServerStreamTracer.Factory {
  // Guarded by this. None of nothing.
  private final Map<String, Long> hosts = new HashMap<>();
  private long total;

  /** Of that host. */
  synchronized long of(String host) {
    return hosts.getOrDefault(host, 0L);
  }

  /** Of all hosts. */
  synchronized long total() {
    return total;
  }

  private synchronized void add(String host, long more) {
    long now = hosts.getOrDefault(host, 0L) + more;
    if (now == 0) {
      hosts.remove(host);
    } else {
      hosts.put(host, now);
    }
    total += more;
  }

  @Override
  public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
    return new Answer();
  }

  /** Of one call. gRPC calls it on its threads and on those of the transport. */
  private final class Answer extends ServerStreamTracer {
    // Guarded by this; empty: nothing is to be counted, not yet or not any more.
    private String host = "";
    private long bytes;

    @Override
    public synchronized void serverCallStarted(ServerCallInfo<?, ?> call) {
      if (call.getMethodDescriptor().getType().serverSendsOneMessage()) {
        host = Peers.host(call.getAttributes());
      }
    }

    @Override
    public synchronized void outboundWireSize(long more) {
      if (!host.isEmpty()) {
        bytes += more;
        add(host, more);
      }
    }

    @Override
    public synchronized void streamClosed(Status status) {
      if (bytes > 0) {
        add(host, -bytes);
      }
      host = "";
      bytes = 0;
    }
  }
}
