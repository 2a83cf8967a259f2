package dev.weft.sidecar.proxy;

import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.common.config.RetryConfig;
import dev.weft.common.head.HeadEdits;
import dev.weft.common.head.HeadView;
import dev.weft.sidecar.cluster.Cluster;
import dev.weft.sidecar.filter.Filter;
import dev.weft.sidecar.filter.GrpcWebBridge;
import dev.weft.sidecar.http.DownstreamStream;
import dev.weft.sidecar.http.Exchange;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.GrpcStatus;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.http.LocalReply;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.proxyprotocol.ProxyHeader;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.RequestRecord;
import dev.weft.sidecar.telemetry.WorkerCounter;
import dev.weft.sidecar.upstream.CallListener;
import dev.weft.sidecar.upstream.UpstreamCall;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One request between its two ends: hands bodies over with back-pressure both ways, answers
 * failures, and closes with the access log. What a direction decides about a request is in its
 * subclass.
 */
abstract class ProxyExchange implements Exchange, CallListener {
  final Worker worker;
  final DownstreamStream stream;
  final UpstreamCall call;
  final RequestRecord record;
  final TraceHeaders trace = new TraceHeaders();

  private static final Filter[] NO_FILTERS = {};

  private final Direction direction;
  private final Forwarding forwarding;
  private final GrpcCall grpc = new GrpcCall();
  private final Progress progress = new Progress();
  private Filter[] filters = NO_FILTERS;
  private final HeadPlan responsePlan = new HeadPlan();
  private HeadEdits responseEdits = HeadEdits.NONE;
  private boolean whole;
  private boolean responding;
  private boolean throttled;
  private boolean requestPaused;
  private boolean tunnel;

  /** The response has said no length, so that trailers of our own can end it. */
  private boolean openEnded;

  private boolean admitted;

  /** Copies of the request; null as long as there never was one. */
  private @Nullable Mirrors mirrors;

  ProxyExchange(Worker worker, Direction direction, DownstreamStream stream) {
    this.worker = worker;
    this.forwarding = new Forwarding(worker.rules());
    this.direction = direction;
    this.stream = stream;
    this.call = new UpstreamCall(worker.upstream(direction), this);
    this.record = worker.telemetry().newRecord();
  }

  /** Whether what the caller says of where the request comes from is believed. */
  abstract boolean believesCaller();

  /** Notes what is needed whatever becomes of the request. */
  abstract void arrived(HeadView head);

  /** Decides where the request goes: starts the call, answers, or waits. */
  abstract void route(HeadView head);

  /** The request is over; whatever it still waits for is given up. */
  abstract void forget();

  /** What the local reply for a failure says in the hop header; null: nothing. */
  abstract byte @Nullable [] hop(Failure failure);

  final boolean isGrpc() {
    return grpc.isGrpc();
  }

  final void responseEdits(HeadEdits edits) {
    responseEdits = edits;
  }

  /**
   * Limits how long no byte may move in either direction.
   *
   * @param nanos 0: no limit, but for that of a tunnel
   */
  final void idleTimeout(long nanos) {
    progress.limit(nanos);
  }

  /** What limits a tunnel; 0: nothing. */
  abstract long tunnelIdleNanos();

  /**
   * Has the route's filters look at the request, and at its response later.
   *
   * @return false: a filter has answered it
   */
  final boolean admit(Filter[] ofRoute, HeadView head) {
    for (int i = 0; i < ofRoute.length; i++) {
      filters = ofRoute;
      Filter.Answer answer = worker.answer();
      if (ofRoute[i].onRequest(head, answer) == Filter.Decision.ANSWER) {
        record.status(answer.status());
        responding = true;
        filter(head, answer.plan());
        worker.ownResponse().answer(stream, answer.status(), answer.plan());
        return false;
      }
    }
    return true;
  }

  /** Sends it to a cluster; the times of the route, and those of a gRPC caller. */
  final void start(Cluster cluster, RetryConfig retry, long timeoutNanos, long perTryTimeoutNanos) {
    if (!grpc.isGrpc()) {
      call.start(cluster, retry, timeoutNanos, perTryTimeoutNanos);
      return;
    }
    HeadView head = stream.request().view;
    long timeout = grpc.timeout(head, timeoutNanos, record.startNanos(), worker.nanoTime());
    if (timeout == GrpcCall.EXPIRED) {
      reply(Failure.REQUEST_TIMEOUT, "the caller's grpc-timeout was over before it was sent on");
    } else if (grpc.web() && cluster.config().protocol() == WireProtocol.HTTP2 && !bridge()) {
      malformedBody();
    } else {
      call.grpc();
      call.start(cluster, retry, timeout, perTryTimeoutNanos);
    }
  }

  /**
   * Sends a copy of the request elsewhere. Before start; not for a tunnel, and not for what has to
   * be translated.
   *
   * @param copy its plan has what the route changes
   */
  final void mirror(MirrorCall copy, Cluster cluster) {
    HeadPlan plan = copy.headPlan();
    trace.plan(plan);
    forwarding.plan(plan);
    if (grpc.isGrpc()) {
      plan.acceptTrailers();
    }
    Mirrors copies = mirrors;
    if (copies == null) {
      copies = new Mirrors();
      mirrors = copies;
    }
    copies.add(copy);
    // The pieces that the call holds already are no part of the head's copy.
    boolean all = whole && call.holdsNothing();
    copy.start(cluster, stream.request(), all, grpc.isGrpc());
    if (!all) {
      call.translateHeld(
          piece -> {
            copy.data(piece);
            return true;
          });
      if (whole) {
        copy.end(null);
      }
      copy.flush();
    }
  }

  final boolean mayBeMirrored() {
    return !stream.request().tunnel && !grpc.web();
  }

  /** What every attempt's head needs. */
  final void planCall(HeadPlan plan) {
    trace.plan(plan);
    forwarding.plan(plan);
    if (grpc.isGrpc()) {
      grpc.plan(stream.request().view, plan, call.attemptsBefore(), worker.nanoTime());
    }
  }

  final void reply(Failure failure, String detail) {
    record.flags(call.exhausted() ? failure.exhaustedFlags() : failure.flag());
    responding = true;
    if (grpc.isGrpc()) {
      record.status(200);
      record.grpcStatus(failure.grpcStatus());
      responsePlan.clear();
      filter(stream.request().view, responsePlan);
      byte[] type = grpc.contentType();
      worker.ownResponse().grpc(stream, failure, detail, type, hop(failure), responsePlan);
      return;
    }
    record.status(failure.status());
    if (filters.length == 0) {
      stream.localReply(new LocalReply(failure, detail, hop(failure)));
    } else {
      responsePlan.clear();
      filter(stream.request().view, responsePlan);
      worker.ownResponse().problem(stream, failure, detail, hop(failure), responsePlan);
    }
  }

  // From downstream.

  @Override
  public final void onRequest(boolean end) {
    ReceivedHead request = stream.request();
    record.begin(direction, worker.epochMicros(), worker.nanoTime());
    record.protocol(protocol(request));
    record.head(request.view);
    if (record.keepsText()) {
      record.remote(stream.remoteAddress());
    }
    trace.begin(request.view, believesCaller(), worker.random(), record);
    forwarding.begin(request);
    grpc.begin(request.view);
    filters = NO_FILTERS;
    whole = end;
    responding = false;
    throttled = false;
    requestPaused = false;
    tunnel = false;
    progress.begin(request.inlineBody, record.startNanos());
    responseEdits = HeadEdits.NONE;
    call.begin(request, end);
    arrived(request.view);
    Bound full = worker.overload().begin();
    admitted = full == null;
    if (full != null) {
      refuse(full);
    } else if (forwarding.isForUs()) {
      answerLast(request.view);
    } else if (forwarding.isMalformed()) {
      reply(Failure.BAD_REQUEST, "Max-Forwards is not a number");
    } else if (forwarding.isLoop(request.view)) {
      worker.telemetry().reached(Bound.ROUNDS, direction);
      reply(Failure.LOOP, "it has passed us " + Forwarding.MAX_ROUNDS + " times: see Via");
    } else {
      route(request.view);
    }
  }

  private static String protocol(ReceivedHead request) {
    if (request.http2) {
      return "HTTP/2";
    }
    return request.view.minorVersion() == 0 ? "HTTP/1.0" : "HTTP/1.1";
  }

  /** The request may go no further (RFC 9110, section 7.6.2). */
  private void answerLast(HeadView head) {
    responding = true;
    record.status(200);
    responsePlan.clear();
    worker.ownResponse().last(stream, head, responsePlan);
  }

  private void refuse(Bound full) {
    worker.telemetry().reached(full, direction);
    reply(
        Failure.OVERLOADED,
        full == Bound.REQUESTS
            ? "all " + worker.overload().maxRequests() + " requests are under way"
            : "this sidecar is short of memory");
  }

  @Override
  public final void onData(ByteBuf data) {
    progress.received(data.readableBytes());
    if (mirrors != null) {
      mirrors.data(data);
    }
    GrpcWebBridge bridge = grpc.requestBridge();
    if (bridge == null) {
      call.data(data);
    } else if (!bridge.request(data)) {
      data.release();
      malformedBody();
    } else {
      call.data(data);
    }
  }

  @Override
  public final void onEnd(@Nullable HeadView trailers) {
    whole = true;
    if (mirrors != null) {
      mirrors.end(trailers);
    }
    GrpcWebBridge bridge = grpc.requestBridge();
    if (bridge != null && !bridge.wholeRequest()) {
      malformedBody();
    } else {
      call.end(trailers);
    }
  }

  @Override
  public final void tick(long nowNanos) {
    long limit = tunnel ? tunnelIdleNanos() : progress.limit();
    if (progress.hasStoodStill(limit, nowNanos)) {
      standsStill(limit);
    }
  }

  private void standsStill(long limitNanos) {
    worker.telemetry().reached(tunnel ? Bound.TUNNEL_IDLE : Bound.STREAM_IDLE, direction);
    if (tunnel) {
      worker.telemetry().count(WorkerCounter.DOWNSTREAM_TUNNEL_IDLE_TIMEOUT, direction);
      record.flags(Failure.TUNNEL_IDLE.flag());
      call.cancel();
      stream.abort(Failure.TUNNEL_IDLE);
    } else if (responding) {
      record.flags(Failure.STREAM_IDLE.flag());
      call.giveUp();
      stream.abort(Failure.STREAM_IDLE);
    } else {
      boolean callers = !whole && !requestPaused;
      String detail =
          "no byte has moved in either direction for "
              + TimeUnit.NANOSECONDS.toMillis(limitNanos)
              + " ms";
      if (callers) {
        call.cancel();
      } else {
        call.giveUp();
      }
      reply(callers ? Failure.REQUEST_STALLED : Failure.STREAM_IDLE, detail);
    }
  }

  @Override
  public final void onReadComplete() {
    if (mirrors != null) {
      mirrors.flush();
    }
    call.flush();
  }

  @Override
  public final void onWritabilityChanged() {
    throttle();
  }

  @Override
  public final void onAborted(Failure why) {
    if (!responding) {
      record.status(why.status());
    }
    if (grpc.isGrpc()) {
      record.grpcStatus(why.grpcStatus());
    }
    record.flags(why.flag());
    responding = true;
    call.cancel();
  }

  @Override
  public final void onFinished() {
    if (admitted) {
      admitted = false;
      worker.overload().ended();
    }
    forget();
    if (mirrors != null) {
      mirrors.leave();
    }
    call.cancel();
    record.attempts(call.attemptCount());
    record.upstreamHost(call.upstreamHost());
    record.bytesReceived(progress.received());
    record.bytesSent(progress.sent());
    worker.telemetry().finished(record, worker.nanoTime());
  }

  // From upstream.

  @Override
  public final ProxyHeader proxyHeader() {
    return ProxyHeader.of(stream.remoteAddress(), stream.localAddress());
  }

  @Override
  public final void onInformational(ReceivedHead response) {
    stream.informational(response);
  }

  @Override
  public final void onResponse(ReceivedHead response, boolean end) {
    responding = true;
    record.status(response.view.status());
    if (call.exhausted()) {
      record.flags("URX");
    }
    progress.responded(response.inlineBody);
    tunnel = response.tunnel;
    openEnded = response.bodyLength == ReceivedHead.UNKNOWN_LENGTH;
    responsePlan.clear();
    responsePlan.apply(responseEdits, response);
    if (!tunnel) {
      forwarding.planResponse(response.view, responsePlan, worker);
    }
    filter(stream.request().view, responsePlan);
    if (grpc.isGrpc()) {
      record.grpcStatus(GrpcCall.statusOf(response.view));
      grpc.planResponse(response.view, responsePlan);
      GrpcWebBridge bridge = grpc.responseBridge();
      if (bridge != null) {
        respond(response, bridge, end);
        return;
      }
    }
    if (end) {
      stream.respond(response, responsePlan, true);
    } else if (response.tunnel) {
      stream.respond(response, responsePlan, false);
      stream.releaseRequest();
      throttle();
    } else {
      stream.releaseRequest();
      stream.respond(response, responsePlan, false);
      throttle();
    }
  }

  @Override
  public final void onResponseData(ByteBuf data) {
    progress.sent(data.readableBytes());
    GrpcWebBridge bridge = grpc.responseBridge();
    stream.data(bridge == null ? data : bridge.response(data, worker.allocator()));
    throttle();
  }

  @Override
  public final void onResponseEnd(@Nullable HeadView trailers) {
    if (grpc.isGrpc()) {
      if (trailers != null && record.grpcStatus() == GrpcStatus.NONE) {
        record.grpcStatus(GrpcStatus.of(trailers));
      }
      GrpcWebBridge bridge = grpc.responseBridge();
      if (bridge != null) {
        stream.data(bridge.trailers(trailers, worker.allocator()));
        stream.end(null);
        return;
      }
    }
    stream.end(trailers);
  }

  @Override
  public final void onResponseReadComplete() {
    stream.flush();
  }

  @Override
  public final void onFailed(Failure failure, String detail) {
    if (!responding) {
      reply(failure, detail);
      return;
    }
    record.flags(failure.flag());
    if (!grpc.isGrpc()) {
      stream.abort(failure);
      return;
    }
    record.grpcStatus(failure.grpcStatus());
    boolean ours = failure == Failure.RESPONSE_LATE || failure == Failure.RESPONSE_CUT;
    if (ours && openEnded && (!grpc.web() || grpc.responseBridge() != null)) {
      // The caller learns the reason by trailers, which it would not by a reset.
      onResponseEnd(GrpcCall.trailers(failure.grpcStatus(), failure.title() + ": " + detail));
    } else {
      stream.abort(failure);
    }
  }

  @Override
  public final void readRequest(boolean on) {
    requestPaused = !on;
    stream.readRequest(on);
  }

  private void respond(ReceivedHead response, GrpcWebBridge bridge, boolean end) {
    ByteBuf inline =
        response.inlineBody == 0
            ? null
            : response.buffer.retainedSlice(response.end, response.inlineBody);
    response.inlineBody = 0;
    response.bodyLength = ReceivedHead.UNKNOWN_LENGTH;
    openEnded = true;
    if (!end) {
      stream.releaseRequest();
    }
    stream.respond(response, responsePlan, end && inline == null);
    if (inline != null) {
      stream.data(bridge.response(inline, worker.allocator()));
      if (end) {
        stream.end(null);
      }
    }
    if (!end) {
      throttle();
    }
  }

  /** Translates the request from now on; false when what came of it is malformed. */
  private boolean bridge() {
    ReceivedHead request = stream.request();
    GrpcWebBridge bridge = grpc.bridge(request.view);
    return bridge.inline(request)
        && call.translateHeld(bridge::request)
        && (!whole || bridge.wholeRequest());
  }

  private void malformedBody() {
    if (responding) {
      record.flags(Failure.BAD_REQUEST.flag());
      call.cancel();
      stream.abort(Failure.BAD_REQUEST);
    } else {
      call.cancel();
      reply(Failure.BAD_REQUEST, "the body of a gRPC-Web text request is not base64");
    }
  }

  private void filter(HeadView request, HeadPlan response) {
    for (int i = filters.length - 1; i >= 0; i--) {
      filters[i].onResponse(request, response);
    }
  }

  private void throttle() {
    boolean writable = stream.isWritable();
    if (!writable && !throttled) {
      // What the socket takes now need not stop the sender.
      stream.flush();
      writable = stream.isWritable();
    }
    if (throttled == writable) {
      throttled = !writable;
      call.readResponse(writable);
    }
  }
}
