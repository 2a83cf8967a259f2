package dev.weft.sidecar.proxy;

import dev.weft.common.config.RetryConfig;
import dev.weft.common.head.HeadView;
import dev.weft.sidecar.cluster.Cluster;
import dev.weft.sidecar.cluster.EndpointTracker;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.proxyprotocol.ProxyHeader;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.WorkerCounter;
import dev.weft.sidecar.upstream.CallListener;
import dev.weft.sidecar.upstream.Hop;
import dev.weft.sidecar.upstream.UpstreamCall;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A copy of one request, sent elsewhere; its answer is read and thrown away. It has a copy of the
 * head, shares the pieces of the body, and never slows the request down: what its endpoint does not
 * take waits within a bound, and beyond it the copy is cut off. Made per request; one worker.
 */
final class MirrorCall implements CallListener {
  private static final int MOST_WAITING = Bound.MIRROR_BUFFER.intValue();

  private final Worker worker;
  private final UpstreamCall call;
  private final ReceivedHead head = new ReceivedHead();
  private final HeadPlan plan = new HeadPlan();
  private final ProxyHeader proxyHeader;
  private final Consumer<MirrorCall> over;
  private final ArrayDeque<ByteBuf> waiting = new ArrayDeque<>();
  private int waitingBytes;
  private boolean full;

  /** The request is whole. */
  private boolean whole;

  /** The call has been told so. */
  private boolean told;

  private boolean done;

  /**
   * @param over told once, when nothing more will be sent
   */
  MirrorCall(Worker worker, ProxyHeader proxyHeader, Consumer<MirrorCall> over) {
    this.worker = worker;
    this.call = new UpstreamCall(worker.upstream(Direction.OUTBOUND), this);
    this.proxyHeader = proxyHeader;
    this.over = over;
  }

  /** How its head is to differ from the request's; to be filled before it starts. */
  HeadPlan headPlan() {
    return plan;
  }

  /**
   * Sends it.
   *
   * @param end whether the request's head and inline body are all of it
   */
  void start(Cluster cluster, ReceivedHead request, boolean end, boolean grpc) {
    request.copyTo(head, worker.allocator());
    whole = end;
    told = end;
    call.begin(head, end);
    if (grpc) {
      call.grpc();
    }
    worker.telemetry().count(WorkerCounter.UPSTREAM_RQ_MIRRORED, Direction.OUTBOUND);
    call.start(cluster, RetryConfig.NEVER, Bound.MIRROR_TIME.value(), 0);
  }

  /** More of the request's body, which stays the caller's. */
  void data(ByteBuf data) {
    if (done) {
      return;
    }
    if (!full) {
      call.data(data.retainedDuplicate());
      return;
    }
    if (waitingBytes + data.readableBytes() > MOST_WAITING) {
      worker.telemetry().reached(Bound.MIRROR_BUFFER, Direction.OUTBOUND);
      giveUp();
      return;
    }
    waitingBytes += data.readableBytes();
    waiting.add(data.retainedDuplicate());
  }

  /** The request is whole. */
  void end(@Nullable HeadView trailers) {
    whole = true;
    tellEnd(trailers);
  }

  private void tellEnd(@Nullable HeadView trailers) {
    if (whole && !told && !done && waiting.isEmpty()) {
      told = true;
      call.end(trailers);
    }
  }

  void flush() {
    if (!done) {
      call.flush();
    }
  }

  /** The request is over; what has come of it whole goes its way. */
  void leave() {
    if (!whole) {
      giveUp();
    }
  }

  private void giveUp() {
    if (!done) {
      call.cancel();
      cut();
    }
  }

  private void cut() {
    worker.telemetry().count(WorkerCounter.UPSTREAM_RQ_MIRROR_CUT, Direction.OUTBOUND);
    finish();
  }

  private void finish() {
    if (done) {
      return;
    }
    done = true;
    waiting.forEach(ByteBuf::release);
    waiting.clear();
    ByteBuf buffer = head.buffer;
    head.clear();
    buffer.release();
    over.accept(this);
  }

  @Override
  public void plan(HeadPlan attempt, EndpointTracker endpoint) {
    attempt.take(plan);
    if (endpoint.config().sidecar()) {
      Hop.announce(attempt);
    }
  }

  @Override
  public ProxyHeader proxyHeader() {
    return proxyHeader;
  }

  @Override
  public void readRequest(boolean on) {
    full = !on;
    while (!full && !done && !waiting.isEmpty()) {
      ByteBuf next = waiting.remove();
      waitingBytes -= next.readableBytes();
      call.data(next);
    }
    tellEnd(null);
  }

  @Override
  public void onInformational(ReceivedHead response) {
    // Nobody waits for it.
  }

  @Override
  public void onResponse(ReceivedHead response, boolean end) {
    if (end) {
      finish();
    }
  }

  @Override
  public void onResponseData(ByteBuf data) {
    data.release();
  }

  @Override
  public void onResponseEnd(@Nullable HeadView trailers) {
    finish();
  }

  @Override
  public void onResponseReadComplete() {
    // Nothing was written.
  }

  @Override
  public void onFailed(Failure failure, String detail) {
    if (failure == Failure.REQUEST_TIMEOUT || failure == Failure.RESPONSE_LATE) {
      worker.telemetry().reached(Bound.MIRROR_TIME, Direction.OUTBOUND);
    }
    cut();
  }
}
