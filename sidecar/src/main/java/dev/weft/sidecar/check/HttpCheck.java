package dev.weft.sidecar.check;

import dev.weft.common.config.ClusterConfig.HealthCheckConfig;
import dev.weft.sidecar.tls.Offer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * A connect, and where a path is configured a GET over HTTP/1.1, of which only the status line
 * matters. Control loop only.
 */
public final class HttpCheck extends Check {
  /** "HTTP/1.1 200" and what may follow is all that is read. */
  private static final int STATUS_END = 12;

  private final HealthCheckConfig config;

  /**
   * @param result gets an empty string when all is well, else what was wrong
   */
  public HttpCheck(HealthCheckConfig config, long deadlineNanos, Consumer<String> result) {
    super(config.timeoutNanos(), deadlineNanos, result);
    this.config = config;
  }

  @Override
  Offer offer() {
    return Offer.HTTP1;
  }

  @Override
  void onOpen(Channel open, String host, boolean secured) {
    if (config.httpPath() == null) {
      open.flush();
      finish("");
      return;
    }
    open.pipeline().addLast(new StatusLine());
    String request =
        "GET "
            + config.httpPath()
            + " HTTP/1.1\r\nhost: "
            + host
            + "\r\nuser-agent: weft-health-check\r\naccept: */*\r\nconnection: close\r\n\r\n";
    open.writeAndFlush(
        Unpooled.copiedBuffer(request, StandardCharsets.US_ASCII), open.voidPromise());
  }

  private final class StatusLine extends ChannelInboundHandlerAdapter {
    private final byte[] head = new byte[STATUS_END];
    private int length;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      var bytes = (ByteBuf) message;
      try {
        int more = Math.min(bytes.readableBytes(), STATUS_END - length);
        bytes.readBytes(head, length, more);
        length += more;
      } finally {
        bytes.release();
      }
      if (length == STATUS_END) {
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
}
