package dev.weft.sidecar.upstream;

import dev.weft.common.config.RetryConfig;
import dev.weft.common.config.RetryConfig.RetryOn;
import dev.weft.common.head.HeadView;
import dev.weft.sidecar.cluster.Cluster;
import dev.weft.sidecar.cluster.EndpointTracker;
import dev.weft.sidecar.cluster.Limit;
import dev.weft.sidecar.cluster.Picker;
import dev.weft.sidecar.cluster.Stat;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.GrpcRetry;
import dev.weft.sidecar.http.GrpcStatus;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.http.ResponseListener;
import dev.weft.sidecar.http.UpstreamStream;
import dev.weft.sidecar.lb.Tried;
import dev.weft.sidecar.proxyprotocol.ProxyHeader;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.WorkerCounter;
import io.netty.buffer.ByteBuf;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way to a cluster, over as many attempts as its retry policy allows: picks an
 * endpoint per attempt, sends, and passes on the response of the attempt that counts. Reused by its
 * owner for the next request. Worker thread only.
 *
 * <p>An attempt is made again only when the request is idempotent or cannot have been delivered,
 * before the first byte of a response was passed on, with everything that came of the body at hand.
 *
 * <p>Longer than most files, because it is one state machine: connection, body, deadlines and retry
 * change together, and every way out of an attempt has to be read beside the others.
 */
public final class UpstreamCall implements ResponseListener {
  /** How much earlier than ours a server's deadline may pass, which was told it rounded down. */
  private static final long SERVER_SLACK_NANOS = 2_000_000;

  private final Upstream upstream;
  private final CallListener listener;
  private final HeadPlan plan = new HeadPlan();
  private final RequestBody body = new RequestBody();
  private final Tried tried = new Tried();
  private final Attempts attempts = new Attempts();

  /** This call's place in the worker's list of timed calls; -1: none of its deadlines is set. */
  int timedIndex = -1;

  /** The connect that this call waits for. */
  @Nullable Connecting connecting;

  private @Nullable ClusterPool pool;
  private @Nullable ReceivedHead request;
  private @Nullable EndpointTracker endpoint;
  private @Nullable UpstreamStream stream;
  private @Nullable Limit requestLimit;
  private String upstreamHost = "-";
  private boolean active;
  private boolean responding;
  private boolean tunnel;
  private boolean tunnelAnswered;
  private boolean http2;
  private long perTryNanos;
  private long deadline;
  private long tryDeadline;
  private long retryAt;
  private long attemptSince;
  private boolean grpc;
  private boolean offered;
  private boolean wholeAttempts;

  /** How long the head took of a response whose status its trailers will tell; -1: none. */
  private long unjudgedNanos = -1;

  public UpstreamCall(Upstream upstream, CallListener listener) {
    this.upstream = upstream;
    this.listener = listener;
  }

  /**
   * Takes a request whose destination is not known yet; what comes of its body is kept meanwhile.
   *
   * @param end whether the request's head and inline body are all of it
   */
  public void begin(ReceivedHead head, boolean end) {
    request = head;
    active = true;
    responding = false;
    endpoint = null;
    upstreamHost = "-";
    body.begin(end);
    tried.reset();
    attempts.begin();
    grpc = false;
    offered = false;
    wholeAttempts = false;
    unjudgedNanos = -1;
  }

  /** An attempt's timeout lasts until its response is whole, not until its head. Before start. */
  public void wholeAttempts() {
    wholeAttempts = true;
  }

  /**
   * The caller speaks HTTP/2 because we have offered it in front of our application: that says
   * nothing of what the application speaks. Before start.
   */
  public void versionWasOffered() {
    offered = true;
  }

  /** The request is gRPC: its status is gRPC's, which may come with the trailers. Before start. */
  public void grpc() {
    grpc = true;
  }

  /**
   * Translates what is held of the body, piece by piece, where it lies. Before start.
   *
   * @return false: a piece cannot be translated
   */
  public boolean translateHeld(Predicate<ByteBuf> translation) {
    return body.translate(translation);
  }

  /** Whether nothing has come of the body beyond what lies with its head. */
  public boolean holdsNothing() {
    return body.isEmpty();
  }

  /**
   * Sends it; an answer may come before this returns.
   *
   * @param timeoutNanos for the whole, from now; 0: none
   * @param perTryTimeoutNanos for each attempt, until its response head or {@link #wholeAttempts}
   *     its end; 0: none
   */
  public void start(
      Cluster cluster, RetryConfig retry, long timeoutNanos, long perTryTimeoutNanos) {
    long now = upstream.nanoClock.getAsLong();
    ClusterPool to = upstream.pool(cluster);
    pool = to;
    attempts.policy(retry);
    perTryNanos = perTryTimeoutNanos;
    deadline = timeoutNanos == 0 ? 0 : now + timeoutNanos;
    to.budget.request(retry.budgetPercent());
    Limit limit = cluster.requests();
    if (limit != null && !limit.tryAcquire()) {
      cluster.count(upstream.worker, Stat.RQ_OVERFLOW);
      upstream.reached(Bound.CLUSTER_REQUESTS);
      fail(
          Failure.UPSTREAM_OVERFLOW,
          "all " + limit.max() + " requests to " + cluster.name() + " are under way");
      return;
    }
    requestLimit = limit;
    if (deadline != 0 || perTryNanos != 0) {
      upstream.startTiming(this);
    }
    attempt(to, now, false);
  }

  /** More of the request's body; belongs to the call. */
  public void data(ByteBuf data) {
    if (!active) {
      data.release();
    } else if (!body.take(data, stream)) {
      listener.readRequest(false);
    }
  }

  /** The request is whole. */
  public void end(@Nullable HeadView trailers) {
    if (!active) {
      return;
    }
    body.end(trailers);
    UpstreamStream to = stream;
    if (to != null) {
      to.end(trailers);
      to.flush();
    }
    if (tunnelAnswered) {
      stream = null;
      endAttempt();
      finish();
    }
  }

  /** What the caller has sent so far has been handed over. */
  public void flush() {
    if (stream != null) {
      stream.flush();
    }
  }

  /** Lets more of the response come, or not. */
  public void readResponse(boolean on) {
    if (stream != null && responding) {
      stream.readResponse(on);
    }
  }

  /** Nobody waits for the answer any more. */
  public void cancel() {
    if (active) {
      leaveAttempt();
      finish();
    }
  }

  /** The endpoint has left the request, or its response, standing for too long. */
  public void giveUp() {
    if (active && stream != null && !responding) {
      long now = upstream.nanoClock.getAsLong();
      endpoint().onTimeout(upstream.worker, now - attemptSince, now);
    }
    cancel();
  }

  public boolean isActive() {
    return active;
  }

  /** How many attempts were made. */
  public int attemptCount() {
    return attempts.count();
  }

  /** How many attempts before the one under way a server may have seen. */
  public int attemptsBefore() {
    return attempts.seen();
  }

  /**
   * Whether it was given up, or its last answer passed on, because no further retry was allowed.
   */
  public boolean exhausted() {
    return attempts.exhausted();
  }

  /** The host and port of the last attempt, a string that lives with its endpoint. */
  public String upstreamHost() {
    return upstreamHost;
  }

  ProxyHeader proxyHeader() {
    return listener.proxyHeader();
  }

  void upstreamHost(String hostAndPort) {
    upstreamHost = hostAndPort;
  }

  EndpointTracker endpoint() {
    EndpointTracker current = endpoint;
    if (current == null) {
      throw new IllegalStateException("the call has no attempt under way");
    }
    return current;
  }

  // One attempt.

  private void attempt(ClusterPool to, long now, boolean fresh) {
    attempts.next();
    retryAt = 0;
    Picker picker = to.cluster.picker();
    if (picker.byClient()) {
      picker.tellClient(tried, listener.proxyHeader().source());
    }
    EndpointTracker picked =
        picker.pick(upstream.worker, now, tried, body.replayable() && attempts.retries());
    if (picked == null) {
      fail(
          Failure.NO_HEALTHY_ENDPOINT,
          picker.emptiness() == Picker.Emptiness.NO_ENDPOINTS
              ? to.cluster.name() + " has no ready endpoint"
              : "every endpoint of " + to.cluster.name() + " fails its health check");
      return;
    }
    boolean elsewhere = picked != endpoint;
    endpoint = picked;
    attemptSince = now;
    tryDeadline = perTryNanos == 0 ? 0 : now + perTryNanos;
    picked.onAttempt(upstream.worker);
    ReceivedHead head = request;
    http2 = head != null && VersionChoice.isHttp2(to, picked, head, grpc, offered);
    to.acquire(this, picked, http2, fresh && !elsewhere);
  }

  /** The connection that the attempt waited for has turned out to be one of HTTP/1.1. */
  void speakHttp1() {
    http2 = false;
  }

  boolean isGrpc() {
    return grpc;
  }

  /** Whether the attempt is to be made as HTTP/2. */
  boolean http2() {
    return http2;
  }

  /**
   * A stream for the attempt.
   *
   * @param late whether what the caller has just sent is not being handed over, so that nothing but
   *     this call flushes, and lets more of the body come
   */
  void onStream(UpstreamStream to, boolean late) {
    ReceivedHead head = request;
    if (head == null) {
      throw new IllegalStateException("a connection came for a call that is over");
    }
    stream = to;
    plan.clear();
    listener.plan(plan, endpoint());
    boolean whole = body.ended() && body.isEmpty();
    to.send(head, plan, whole, this);
    if (!whole) {
      body.sendTo(to);
    }
    if (body.ended() || late || head.tunnel) {
      to.flush();
    }
    if (late) {
      listener.readRequest(to.isWritable());
    }
  }

  /** There will be no connection for the attempt. */
  void onNoConnection(Failure failure, String detail) {
    endAttempt();
    failedAttempt(failure, detail, failure.undelivered() ? RetryOn.CONNECT_FAILURE : null);
  }

  @Override
  public void onInformational(ReceivedHead response) {
    listener.onInformational(response);
  }

  @Override
  public void onResponse(ReceivedHead response, boolean end) {
    long now = upstream.nanoClock.getAsLong();
    EndpointTracker from = endpoint();
    int status = response.view.status();
    int grpcStatus = GrpcStatus.NONE;
    boolean unjudged = false;
    if (grpc && status == 200) {
      grpcStatus = GrpcStatus.of(response.view);
      unjudged = grpcStatus == GrpcStatus.NONE && !end;
      status = grpcStatus == GrpcStatus.NONE ? 200 : GrpcStatus.toHttp(grpcStatus);
    }
    boolean undelivered = false;
    if (from.config().sidecar() && Hop.announced(response.view)) {
      undelivered = Hop.undelivered(response.view);
      from.onPeerReply(upstream.worker, status >= 500, now - attemptSince, now);
    } else if (unjudged) {
      unjudgedNanos = now - attemptSince;
    } else {
      from.onResponse(upstream.worker, status, now - attemptSince, now);
    }
    RetryOn reason = attempts.reasonOf(status, undelivered);
    long pushback = grpcStatus > 0 ? GrpcRetry.pushbackNanos(response.view) : GrpcRetry.UNSAID;
    if (allows(pushback, now)
        && mayRetry(reason, undelivered, response.view.status(), grpcStatus, now)) {
      if (end) {
        stream = null;
      } else {
        leaveStream();
      }
      endAttempt();
      retryLater(now, pushback);
      return;
    }
    responding = true;
    body.release();
    if (!wholeAttempts) {
      tryDeadline = 0;
    }
    if (response.tunnel) {
      // It lives until its ends close it, or nothing has passed for too long.
      tunnel = true;
      deadline = 0;
      tryDeadline = 0;
      if (timedIndex >= 0) {
        upstream.stopTiming(this);
      }
    }
    if (end) {
      stream = null;
      endAttempt();
      finish();
    }
    listener.onResponse(response, end);
  }

  @Override
  public void onData(ByteBuf data) {
    listener.onResponseData(data);
  }

  @Override
  public void onEnd(@Nullable HeadView trailers) {
    if (tunnel && !body.ended()) {
      tunnelAnswered = true;
      listener.onResponseEnd(null);
      return;
    }
    if (unjudgedNanos >= 0) {
      int status = GrpcStatus.toHttp(GrpcStatus.ofTrailers(trailers));
      long now = upstream.nanoClock.getAsLong();
      endpoint().onResponse(upstream.worker, status, unjudgedNanos, now);
    }
    stream = null;
    endAttempt();
    finish();
    listener.onResponseEnd(trailers);
  }

  @Override
  public void onReadComplete() {
    listener.onResponseReadComplete();
  }

  @Override
  public void onWritabilityChanged() {
    if (stream != null) {
      listener.readRequest(stream.isWritable());
    }
  }

  @Override
  public void onFailed(Failure failure, String detail) {
    stream = null;
    if (grpc && deadline != 0 && upstream.nanoClock.getAsLong() - deadline >= -SERVER_SLACK_NANOS) {
      // A gRPC server keeps the same deadline, and may be quicker than our tick to end the call.
      boolean begun = responding;
      endAttempt();
      fail(
          begun ? Failure.RESPONSE_LATE : Failure.REQUEST_TIMEOUT,
          "the server ended the call at its deadline: " + detail);
      return;
    }
    if (responding) {
      if (unjudgedNanos >= 0) {
        endpoint().onReset(upstream.worker, upstream.nanoClock.getAsLong());
      }
      endAttempt();
      fail(failure.status() == 0 ? failure : Failure.RESPONSE_CUT, detail);
      return;
    }
    ClusterPool to = pool;
    ReceivedHead head = request;
    if (failure == Failure.STALE_CONNECTION || failure.undelivered()) {
      endAttempt();
      if (to != null
          && head != null
          && body.replayable()
          && attempts.mayResend(failure.undelivered(), head.view)) {
        attempt(to, upstream.nanoClock.getAsLong(), true);
        return;
      }
    } else {
      endpoint().onReset(upstream.worker, upstream.nanoClock.getAsLong());
      endAttempt();
    }
    if (failure == Failure.UPSTREAM_PROTOCOL_ERROR) {
      upstream.count(WorkerCounter.UPSTREAM_CX_PROTOCOL_ERROR);
    }
    failedAttempt(failure, detail + " (" + endpoint() + ")", reasonOf(failure));
  }

  private static RetryOn reasonOf(Failure failure) {
    if (failure.undelivered()) {
      return RetryOn.CONNECT_FAILURE;
    }
    return failure == Failure.UPSTREAM_PROTOCOL_ERROR ? RetryOn.GATEWAY_ERROR : RetryOn.RESET;
  }

  // Time.

  /** Looks at the deadlines. */
  void tick(long now) {
    if (deadline != 0 && now - deadline >= 0) {
      upstream.reached(Bound.REQUEST_TIME);
      timeOut(now, Failure.REQUEST_TIMEOUT);
    } else if (retryAt != 0) {
      ClusterPool to = pool;
      if (to != null && now - retryAt >= 0) {
        attempt(to, now, false);
      }
    } else if (tryDeadline != 0 && now - tryDeadline >= 0) {
      upstream.count(WorkerCounter.UPSTREAM_RQ_PER_TRY_TIMEOUT);
      upstream.reached(Bound.ATTEMPT_TIME);
      timeOut(now, Failure.PER_TRY_TIMEOUT);
    }
  }

  private void timeOut(long now, Failure failure) {
    boolean begun = responding;
    boolean underWay = stream != null;
    String where = endpoint == null ? "" : " (last tried: " + endpoint + ")";
    if (underWay && !begun) {
      endpoint().onTimeout(upstream.worker, now - attemptSince, now);
    }
    leaveAttempt();
    if (begun) {
      String whose = failure == Failure.PER_TRY_TIMEOUT ? "attempt's" : "request's";
      fail(Failure.RESPONSE_LATE, "the response did not end within the " + whose + " timeout");
    } else if (failure == Failure.REQUEST_TIMEOUT) {
      fail(failure, "no response within the request's timeout" + where);
    } else {
      failedAttempt(
          failure, "no response within the attempt's timeout" + where, RetryOn.PER_TRY_TIMEOUT);
    }
  }

  // Ends.

  private void failedAttempt(Failure failure, String detail, @Nullable RetryOn reason) {
    long now = upstream.nanoClock.getAsLong();
    int grpcStatus = grpc && failure.retryable() ? failure.grpcStatus() : GrpcStatus.NONE;
    int status = failure.retryable() ? failure.status() : 0;
    if (mayRetry(reason, failure.undelivered(), status, grpcStatus, now)) {
      retryLater(now, GrpcRetry.UNSAID);
    } else {
      fail(failure, detail);
    }
  }

  private boolean mayRetry(
      @Nullable RetryOn reason, boolean undelivered, int status, int grpcStatus, long now) {
    ClusterPool to = pool;
    ReceivedHead head = request;
    return to != null
        && head != null
        && body.replayable()
        && (attempts.wants(reason, undelivered, head.view)
            || attempts.wantsStatus(status)
            || attempts.wantsGrpc(grpcStatus))
        && attempts.tryRetry(
            upstream, to.budget, deadline == 0 || now - deadline < 0, undelivered, now);
  }

  /** Whether there may be another attempt as soon as a gRPC server wants it. */
  private boolean allows(long pushback, long now) {
    if (pushback > Bound.RETRY_PUSHBACK.value()) {
      upstream.reached(Bound.RETRY_PUSHBACK);
      return false;
    }
    return pushback != GrpcRetry.NEVER
        && (pushback <= 0 || deadline == 0 || now + pushback - deadline < 0);
  }

  /**
   * @param pushback how long a gRPC server wants it to wait
   */
  private void retryLater(long now, long pushback) {
    tryDeadline = 0;
    long backoff = pushback == GrpcRetry.UNSAID ? attempts.backoffNanos(upstream.random) : pushback;
    ClusterPool to = pool;
    if (backoff == 0 && to != null) {
      attempt(to, now, false);
      return;
    }
    retryAt = now + backoff;
    if (timedIndex < 0) {
      upstream.startTiming(this);
    }
  }

  private void leaveAttempt() {
    if (stream != null) {
      leaveStream();
    } else if (connecting != null) {
      connecting.giveUp(this);
      connecting = null;
    } else if (pool != null) {
      pool.forget(this);
    }
    if (retryAt == 0 && endpoint != null) {
      endAttempt();
    }
  }

  private void leaveStream() {
    UpstreamStream from = stream;
    stream = null;
    if (from != null) {
      from.cancel();
    }
  }

  private void endAttempt() {
    if (attempts.end()) {
      endpoint().onAttemptEnd(upstream.worker);
    }
  }

  private void fail(Failure failure, String detail) {
    finish();
    listener.onFailed(failure, detail);
  }

  private void finish() {
    active = false;
    responding = false;
    tunnel = false;
    tunnelAnswered = false;
    body.release();
    if (requestLimit != null) {
      requestLimit.release();
      requestLimit = null;
    }
    if (timedIndex >= 0) {
      upstream.stopTiming(this);
    }
    pool = null;
    request = null;
    retryAt = 0;
    deadline = 0;
    tryDeadline = 0;
  }
}
