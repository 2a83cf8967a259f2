package dev.weft.sidecar.check;

import dev.weft.common.config.ClusterConfig.HealthCheckConfig;
import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.UpstreamTlsConfig;
import dev.weft.sidecar.proxyprotocol.ProxyHeader;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.tls.ClientContexts;
import dev.weft.sidecar.tls.Offer;
import dev.weft.sidecar.tls.TlsConnectException;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One check of one endpoint: a connect, and for HTTP a GET of which only the status line matters.
 * The result is told exactly once, unless the check was cancelled.
 */
public final class Check extends ChannelInboundHandlerAdapter implements Probe {
  /** "HTTP/1.1 200" and what may follow is all that is read. */
  private static final int STATUS_END = 12;

  private static final ChannelHandler UNTIL_SECURED = new UntilSecured();

  private final HealthCheckConfig config;
  private final long deadlineNanos;
  private final Consumer<String> result;
  private final byte[] head = new byte[STATUS_END];
  private int headLength;
  private String request = "";
  private boolean done;
  private @Nullable Channel channel;

  /**
   * @param result gets an empty string when all is well, else what was wrong
   */
  public Check(HealthCheckConfig config, long deadlineNanos, Consumer<String> result) {
    this.config = config;
    this.deadlineNanos = deadlineNanos;
    this.result = result;
  }

  /** Connects; on the loop of the bootstrap. */
  public void start(Bootstrap bootstrap, InetSocketAddress address, String host) {
    start(bootstrap, address, host, null, null, ProxyProtocol.OFF);
  }

  /**
   * Connects; on the loop of the bootstrap.
   *
   * @param tls null: without TLS
   * @param contexts needed with TLS
   * @param header said first, without addresses: nobody is behind a check
   */
  void start(
      Bootstrap bootstrap,
      InetSocketAddress address,
      String host,
      @Nullable UpstreamTlsConfig tls,
      @Nullable ClientContexts contexts,
      ProxyProtocol header) {
    if (config.httpPath() != null) {
      request =
          "GET "
              + config.httpPath()
              + " HTTP/1.1\r\nhost: "
              + host
              + "\r\nuser-agent: weft-health-check\r\naccept: */*\r\nconnection: close\r\n\r\n";
    }
    Bootstrap connector = bootstrap.clone().handler(tls == null ? this : UNTIL_SECURED);
    ChannelFuture connecting = connector.connect(address);
    channel = connecting.channel();
    ProxyHeader.LOCAL.sendFirst(connecting, header);
    if (tls != null && contexts != null) {
      // The check's own deadline ends a handshake that takes too long.
      connecting =
          contexts.secure(connecting, tls, address, Offer.HTTP1, 0, null, Direction.OUTBOUND);
    }
    connecting.addListener(
        future -> {
          Throwable cause = future.cause();
          if (cause instanceof TlsConnectException) {
            finish("TLS: " + messageOf(cause));
          } else if (cause != null) {
            finish("connect: " + messageOf(cause));
          } else if (tls != null && channel != null) {
            channel.pipeline().addLast(this);
            begin(channel);
          }
        });
  }

  @Override
  public boolean expire(long nowNanos) {
    if (done || nowNanos - deadlineNanos < 0) {
      return false;
    }
    finish(
        "no answer within %d ms".formatted(TimeUnit.NANOSECONDS.toMillis(config.timeoutNanos())));
    return true;
  }

  @Override
  public void cancel() {
    done = true;
    closeChannel();
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    begin(ctx.channel());
  }

  private void begin(Channel to) {
    if (done) {
      to.close();
    } else if (request.isEmpty()) {
      to.flush();
      finish("");
    } else {
      to.writeAndFlush(Unpooled.copiedBuffer(request, StandardCharsets.US_ASCII), to.voidPromise());
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    var bytes = (ByteBuf) message;
    try {
      int length = Math.min(bytes.readableBytes(), STATUS_END - headLength);
      bytes.readBytes(head, headLength, length);
      headLength += length;
    } finally {
      bytes.release();
    }
    if (headLength == STATUS_END) {
      finish(judge(new String(head, StandardCharsets.ISO_8859_1)));
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    finish("the connection was closed without an answer");
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    finish(messageOf(cause));
  }

  private String judge(String line) {
    boolean http =
        line.startsWith("HTTP/1.")
            && line.charAt(8) == ' '
            && line.chars().skip(9).allMatch(c -> c >= '0' && c <= '9');
    if (!http) {
      return "the answer is not HTTP/1.1";
    }
    int status = Integer.parseInt(line, 9, STATUS_END, 10);
    boolean expected =
        config.expectedStatuses().isEmpty()
            ? status >= 200 && status <= 299
            : config.expectedStatuses().contains(status);
    if (expected) {
      return "";
    }
    return "status %d, expected %s"
        .formatted(
            status,
            config.expectedStatuses().isEmpty()
                ? "200 to 299"
                : "one of " + config.expectedStatuses());
  }

  private void finish(String failure) {
    if (done) {
      return;
    }
    done = true;
    closeChannel();
    result.accept(failure);
  }

  private void closeChannel() {
    Channel open = channel;
    if (open != null) {
      open.close();
    }
  }

  @Sharable
  private static final class UntilSecured extends ChannelInboundHandlerAdapter {}

  private static String messageOf(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }
}
