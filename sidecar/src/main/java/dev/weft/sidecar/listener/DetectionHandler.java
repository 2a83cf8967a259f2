package dev.weft.sidecar.listener;

import dev.weft.sidecar.codec.Buffers;
import dev.weft.sidecar.codec.ServerConnection;
import dev.weft.sidecar.relay.Relay;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.io.IOException;
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
final class DetectionHandler extends ChannelInboundHandlerAdapter implements ServerConnection {
  /**
   * How much is looked at: a ClientHello and a first line are shorter. What is longer is TLS of
   * which nothing more is known, or no HTTP.
   */
  static final int MAX_BYTES = Bound.FIRST_BYTES.intValue();

  private static final System.Logger LOG = System.getLogger(DetectionHandler.class.getName());

  private final ConnectionStack stack;
  private final @Nullable RelayStack relays;
  private final boolean onlyBytes;
  private final FirstBytes first;

  /** When the client has been silent for long enough; the wait's. */
  long wakeAt;

  private @Nullable ByteBuf pending;
  private @Nullable Relay attempt;
  private boolean decided;
  private long since;
  private int place;

  @SuppressWarnings("NullAway.Init") // Set when the handler is added, before anything else.
  private ChannelHandlerContext ctx;

  /**
   * @param relays for what is no HTTP; null: it is HTTP or TLS, or refused
   * @param onlyBytes HTTP is bytes, too
   */
  DetectionHandler(ConnectionStack stack, @Nullable RelayStack relays, boolean onlyBytes) {
    this.stack = stack;
    this.relays = relays;
    this.onlyBytes = onlyBytes;
    this.first = new FirstBytes(relays != null, MAX_BYTES);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    ctx = context;
    since = stack.connections().now();
    stack.connections().entered(this);
    if (relays != null) {
      halfClosure(true);
      stack.silence().add(this);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    ByteBuf before = pending;
    if (before == null) {
      since = stack.connections().now();
    } else {
      in = Buffers.join(before, in, context.alloc());
    }
    pending = in;
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
        stack.connections().protocolError();
        context.close();
      }
      case NONSENSE -> {
        // Nobody would understand an answer of HTTP/1.
        stack.connections().protocolError();
        context.close();
      }
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE && !decided) {
      if (pending != null) {
        handOver(Protocol.TCP);
      } else if (attempt == null) {
        context.close();
        return;
      }
    }
    context.fireUserEventTriggered(event);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    leave();
    if (pending != null) {
      pending.release();
      pending = null;
    }
    context.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (!(cause instanceof IOException)) {
      LOG.log(System.Logger.Level.ERROR, "A new connection is closed after an error", cause);
    }
    context.close();
  }

  /** The client has said nothing, or not enough, for a while. */
  void onSilence() {
    RelayStack bytes = relays;
    if (decided || bytes == null || !ctx.channel().isActive()) {
      return;
    }
    stack.connections().reached(Bound.SILENCE);
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

  private void leave() {
    if (!decided) {
      decided = true;
      stack.connections().left(this);
    }
  }

  private void halfClosure(boolean allowed) {
    ctx.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, allowed);
  }

  @Override
  public void tick(long nanoTime) {
    if (pending == null) {
      if (nanoTime - since > stack.connections().limits().idleTimeoutNanos()) {
        stack.connections().idleTimeout(Bound.KEEP_ALIVE_IDLE);
        ctx.close();
      }
    } else if (nanoTime - since > stack.connections().limits().headTimeoutNanos()) {
      // Begun and not gone on with: no HTTP, or HTTP/1 has the answer for that.
      handOver(relays == null ? Protocol.HTTP1 : Protocol.TCP);
    }
  }

  @Override
  public void closeIfIdle() {
    if (pending == null) {
      ctx.close();
    }
  }

  @Override
  public void closeNow() {
    ctx.close();
  }

  @Override
  public int place() {
    return place;
  }

  @Override
  public void place(int to) {
    place = to;
  }
}
