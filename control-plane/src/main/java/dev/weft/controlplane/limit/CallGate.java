package dev.weft.controlplane.limit;

import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerStreamTracer;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Stands before everything else: counts connections and calls, and refuses calls of a host that
 * makes too many, and of connections that are too many. Tells those behind it where a call comes
 * from ({@link Peers}). Safe from any thread; nothing blocks.
 */
public final class CallGate extends ServerTransportFilter implements ServerInterceptor {
  private static final Attributes.Key<Boolean> TOO_MANY =
      Attributes.Key.create("weft-too-many-connections");

  private final PeerLimits limits;
  private final int mostConnections;
  private final LongSupplier nanoClock;
  private final HostRates rates;
  private final UnreadAnswers answers = new UnreadAnswers();
  private final AtomicInteger connections = new AtomicInteger();

  /**
   * @param nanoClock a monotonic one
   */
  public CallGate(PeerLimits limits, MeterRegistry meters, LongSupplier nanoClock) {
    this(limits, meters, nanoClock, PeerLimit.CONNECTIONS.intValue(), PeerLimit.CALLS);
  }

  CallGate(
      PeerLimits limits,
      MeterRegistry meters,
      LongSupplier nanoClock,
      int mostConnections,
      PeerLimit rate) {
    this.limits = limits;
    this.nanoClock = nanoClock;
    this.mostConnections = mostConnections;
    this.rates = new HostRates(rate);
    Gauge.builder("weft.peer.connections", connections, AtomicInteger::get)
        .description("Connections to the gRPC port")
        .register(meters);
    Gauge.builder("weft.peer.unread.answers", answers, UnreadAnswers::total)
        .baseUnit("bytes")
        .description("Of answers that callers have not read, in memory; without those of streams")
        .register(meters);
  }

  /** What the server has to be told of. */
  public ServerStreamTracer.Factory answers() {
    return answers;
  }

  @Override
  public Attributes transportReady(Attributes attributes) {
    return connections.incrementAndGet() > mostConnections
        ? attributes.toBuilder().set(TOO_MANY, true).build()
        : attributes;
  }

  @Override
  public void transportTerminated(@Nullable Attributes attributes) {
    // Without them it was never ready, and so never counted.
    if (attributes != null) {
      connections.decrementAndGet();
    }
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Attributes attributes = call.getAttributes();
    String host = Peers.host(attributes);
    if (attributes.get(TOO_MANY) != null) {
      return refuse(
          call,
          PeerLimit.CONNECTIONS,
          "this control plane has "
              + mostConnections
              + " connections already, which is its limit (connections): try another replica, or"
              + " add one");
    }
    if (!rates.take(host, nanoClock.getAsLong())) {
      return refuse(
          call,
          PeerLimit.CALLS,
          host
              + " makes more than "
              + PeerLimit.CALLS.text()
              + " calls (limit calls): wait a second, then go on slower");
    }
    if (answers.of(host) > PeerLimit.UNREAD_ANSWERS.value()) {
      return refuse(
          call,
          PeerLimit.UNREAD_ANSWERS,
          host
              + " has not read answers of more than "
              + PeerLimit.UNREAD_ANSWERS.text()
              + " (limit unread-answers): read what was asked for before asking for more");
    }
    return Contexts.interceptCall(Peers.in(Context.current(), attributes), call, headers, next);
  }

  private <Q, R> ServerCall.Listener<Q> refuse(
      ServerCall<Q, R> call, PeerLimit limit, String message) {
    limits.reached(
        limit, Peers.host(call.getAttributes()), Peers.address(call.getAttributes()), message);
    call.close(Status.RESOURCE_EXHAUSTED.withDescription(message), new Metadata());
    return new ServerCall.Listener<>() {};
  }
}
