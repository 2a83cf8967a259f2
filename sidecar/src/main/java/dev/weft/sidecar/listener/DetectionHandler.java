package dev.weft.sidecar.listener;

import dev.weft.sidecar.relay.Relay;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import org.jspecify.annotations.Nullable;

/**
 * Finds out from a connection's first bytes what it speaks, gives it and them to the stack that
 * fits, and is gone from the pipeline; the first read decides as a rule. Worker thread only.
 *
 * <p>Where anything may come, and the client says nothing, the server may be the one to speak:
 * after {@link Bound#SILENCE} the upstream is dialled. If it speaks, the connection is a relay for
 * good; if the client does first, its bytes decide as ever, so that an HTTP client that only
 * connects early is still served as one.
 */
final class DetectionHandler extends NewConnection {
  /**
   * How much is looked at: a ClientHello and a first line are shorter. What is longer is TLS of
   * which nothing more is known, or no HTTP.
   */
  static final int MAX_BYTES = Bound.FIRST_BYTES.intValue();

  private final ConnectionStack stack;
  private final @Nullable RelayStack relays;
  private final boolean onlyBytes;
  private final FirstBytes first;

  /** When the client has been silent for long enough; the wait's. */
  long wakeAt;

  private @Nullable Relay attempt;

  /**
   * @param relays for what is no HTTP; null: it is HTTP or TLS, or refused
   * @param onlyBytes HTTP is bytes, too
   */
  DetectionHandler(ConnectionStack stack, @Nullable RelayStack relays, boolean onlyBytes) {
    super(stack.connections());
    this.stack = stack;
    this.relays = relays;
    this.onlyBytes = onlyBytes;
    this.first = new FirstBytes(relays != null, MAX_BYTES);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    super.handlerAdded(context);
    if (relays != null) {
      halfClosure(true);
      stack.silence().add(this);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (pending == null) {
      since = connections.now();
    }
    ByteBuf in = keep((ByteBuf) message);
    FirstBytes.Verdict verdict = first.look(in);
    if (onlyBytes && !FirstBytes.maybeTls(in)) {
      verdict = FirstBytes.Verdict.TCP;
    }
    switch (verdict) {
      case MORE -> {
        // Its bytes wait.
      }
      case HTTP1 -> handOver(Protocol.HTTP1);
      case HTTP2 -> handOver(Protocol.HTTP2);
      case TLS -> handOver(Protocol.TLS);
      case TCP -> handOver(Protocol.TCP);
      case PROXY_HEADER -> {
        // From a peer that is not trusted with it: an application could take it for ours.
        connections.protocolError();
        context.close();
      }
      case NONSENSE -> {
        // Nobody would understand an answer of HTTP/1.
        connections.protocolError();
        context.close();
      }
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE && !hasLeft()) {
      if (pending != null) {
        handOver(Protocol.TCP);
      } else if (attempt == null) {
        context.close();
        return;
      }
    }
    context.fireUserEventTriggered(event);
  }

  /** The client has said nothing, or not enough, for a while. */
  void onSilence() {
    RelayStack bytes = relays;
    if (hasLeft() || bytes == null || !ctx.channel().isActive()) {
      return;
    }
    connections.reached(Bound.SILENCE);
    Relay relay = bytes.newRelay(null);
    attempt = relay;
    relay.attemptOnly(this::onServerSpoke);
    ctx.pipeline().addLast(relay.handler());
  }

  private void onServerSpoke() {
    attempt = null;
    vanish();
    // For what the client had sent; nothing else says that this is all.
    ctx.fireChannelReadComplete();
  }

  private void handOver(Protocol protocol) {
    RelayStack bytes = relays;
    ClientHello hello = protocol == Protocol.TLS ? first.hello() : null;
    boolean relayed =
        bytes != null
            && (protocol == Protocol.TLS
                ? stack.tls() == null
                : onlyBytes || protocol == Protocol.TCP);
    Relay begun = attempt;
    attempt = null;
    if (bytes != null && relayed) {
      if (begun == null) {
        ctx.pipeline().addLast(bytes.newRelay(hello).handler());
      } else {
        begun.commit();
      }
    } else {
      if (begun != null) {
        begun.abandon();
      }
      if (bytes != null) {
        halfClosure(false);
      }
      stack.serving(protocol).install(ctx.pipeline(), hello);
    }
    vanish();
  }

  /** Leaves the connection to the handlers after this one, with what has come. */
  private void vanish() {
    ByteBuf in = pending;
    pending = null;
    leave();
    ctx.pipeline().remove(this);
    if (in != null) {
      // The context still knows who comes next.
      ctx.fireChannelRead(in);
    }
  }

  private void halfClosure(boolean allowed) {
    ctx.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, allowed);
  }

  @Override
  public void tick(long nanoTime) {
    if (pending == null) {
      if (nanoTime - since > connections.limits().idleTimeoutNanos()) {
        connections.idleTimeout(Bound.KEEP_ALIVE_IDLE);
        ctx.close();
      }
    } else if (nanoTime - since > connections.limits().headTimeoutNanos()) {
      // Begun and not gone on with: no HTTP, or HTTP/1 has the answer for that.
      handOver(relays == null ? Protocol.HTTP1 : Protocol.TCP);
    }
  }
}
