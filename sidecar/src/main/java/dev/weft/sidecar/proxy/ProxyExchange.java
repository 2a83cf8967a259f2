package dev.weft.sidecar.proxy;

import dev.weft.common.head.HeadEdits;
import dev.weft.common.head.HeadView;
import dev.weft.sidecar.http.DownstreamStream;
import dev.weft.sidecar.http.Exchange;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.http.LocalReply;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.RequestRecord;
import dev.weft.sidecar.upstream.CallListener;
import dev.weft.sidecar.upstream.UpstreamCall;
import io.netty.buffer.ByteBuf;
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

  private final Direction direction;
  private final HeadPlan responsePlan = new HeadPlan();
  private HeadEdits responseEdits = HeadEdits.NONE;
  private boolean responding;
  private boolean throttled;
  private long received;
  private long sent;

  ProxyExchange(Worker worker, Direction direction, DownstreamStream stream) {
    this.worker = worker;
    this.direction = direction;
    this.stream = stream;
    this.call = new UpstreamCall(worker.upstream(direction), this);
    this.record = worker.telemetry().newRecord();
  }

  /** Decides where the request goes: starts the call, answers, or waits. */
  abstract void route(HeadView head);

  /** The request is over; whatever it still waits for is given up. */
  abstract void forget();

  /** What the local reply for a failure says in the hop header; null: nothing. */
  abstract byte @Nullable [] hop(Failure failure);

  final void responseEdits(HeadEdits edits) {
    responseEdits = edits;
  }

  final void reply(Failure failure, String detail) {
    record.status(failure.status());
    record.flags(call.exhausted() ? failure.exhaustedFlags() : failure.flag());
    responding = true;
    stream.localReply(new LocalReply(failure, detail, hop(failure)));
  }

  // From downstream.

  @Override
  public final void onRequest(boolean end) {
    ReceivedHead request = stream.request();
    record.begin(direction, worker.epochMicros(), worker.nanoTime());
    record.head(request.view);
    trace.begin(request.view, worker.random(), record);
    responding = false;
    throttled = false;
    received = request.inlineBody;
    sent = 0;
    responseEdits = HeadEdits.NONE;
    call.begin(request, end);
    route(request.view);
  }

  @Override
  public final void onData(ByteBuf data) {
    received += data.readableBytes();
    call.data(data);
  }

  @Override
  public final void onEnd(@Nullable HeadView trailers) {
    call.end(trailers);
  }

  @Override
  public final void onReadComplete() {
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
    record.flags(why.flag());
    responding = true;
    call.cancel();
  }

  @Override
  public final void onFinished() {
    forget();
    call.cancel();
    record.attempts(call.attemptCount());
    record.upstreamHost(call.upstreamHost());
    record.bytesReceived(received);
    record.bytesSent(sent);
    worker.telemetry().finished(record, worker.nanoTime());
  }

  // From upstream.

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
    sent = response.inlineBody;
    responsePlan.clear();
    responsePlan.apply(responseEdits);
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
    sent += data.readableBytes();
    stream.data(data);
    throttle();
  }

  @Override
  public final void onResponseEnd(@Nullable HeadView trailers) {
    stream.end(trailers);
  }

  @Override
  public final void onResponseReadComplete() {
    stream.flush();
  }

  @Override
  public final void onFailed(Failure failure, String detail) {
    if (responding) {
      record.flags(failure.flag());
      stream.abort();
    } else {
      reply(failure, detail);
    }
  }

  @Override
  public final void readRequest(boolean on) {
    stream.readRequest(on);
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
