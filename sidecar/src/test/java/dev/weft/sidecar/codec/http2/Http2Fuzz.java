package dev.weft.sidecar.codec.http2;

import dev.weft.common.head.HeadView;
import dev.weft.sidecar.codec.ConnectionLimits;
import dev.weft.sidecar.codec.ServerConnections;
import dev.weft.sidecar.http.DownstreamStream;
import dev.weft.sidecar.http.Exchange;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.LocalReply;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.Telemetry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a client sends after its preface and SETTINGS: whatever frames the codec takes for requests,
 * Netty's reader of frames and heads takes for the same ones; however the bytes are cut.
 */
public final class Http2Fuzz {
  private static final byte[] BEGIN = begin();

  private Http2Fuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    List<String> whole = run(input, Integer.MAX_VALUE);
    List<String> pieces = run(input, 1);
    if (!whole.equals(pieces)) {
      throw new AssertionError("at once " + whole + ", byte by byte " + pieces);
    }
    List<String> read = reference(input);
    int at = 0;
    for (String request : whole) {
      while (at < read.size() && !read.get(at).equals(request)) {
        at++;
      }
      if (at == read.size()) {
        throw new AssertionError(request + " is none of " + read);
      }
      at++;
    }
  }

  private static List<String> run(byte[] input, int piece) {
    var requests = new ArrayList<String>();
    var telemetry = new Telemetry(null);
    var connections =
        new ServerConnections(
            Direction.INBOUND, telemetry.newWorker(), ConnectionLimits.DEFAULT, 0);
    var server =
        new Http2Server(connections, stream -> new Answer(stream, requests), Http2Limits.DEFAULT);
    var channel = new EmbeddedChannel(server.newConnection());
    try {
      receive(channel, BEGIN, 0, BEGIN.length);
      for (int at = 0;
          at < input.length && channel.isOpen();
          at += Math.min(piece, input.length - at)) {
        receive(channel, input, at, at + Math.min(piece, input.length - at));
      }
      channel.checkException();
    } finally {
      channel.finishAndReleaseAll();
      telemetry.close();
    }
    return requests;
  }

  private static void receive(EmbeddedChannel channel, byte[] bytes, int from, int to) {
    ByteBuf in =
        ByteBufAllocator.DEFAULT.directBuffer(to - from).writeBytes(bytes, from, to - from);
    channel.pipeline().fireChannelRead(in);
    channel.pipeline().fireChannelReadComplete();
    channel.runPendingTasks();
    for (Object out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      ReferenceCountUtil.release(out);
    }
  }

  /** Every head with a method, in Netty's reading, up to the first error. */
  private static List<String> reference(byte[] input) {
    var requests = new ArrayList<String>();
    var channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
    ChannelHandlerContext context = channel.pipeline().firstContext();
    ByteBuf in = Unpooled.wrappedBuffer(input);
    try (var reader = new DefaultHttp2FrameReader(new DefaultHttp2HeadersDecoder(false, 1 << 20))) {
      var frames =
          new Http2FrameAdapter() {
            @Override
            public void onHeadersRead(
                ChannelHandlerContext ctx,
                int stream,
                Http2Headers headers,
                int padding,
                boolean end) {
              add(headers);
            }

            @Override
            public void onHeadersRead(
                ChannelHandlerContext ctx,
                int stream,
                Http2Headers headers,
                int dependency,
                short weight,
                boolean exclusive,
                int padding,
                boolean end) {
              add(headers);
            }

            private void add(Http2Headers headers) {
              var text = new StringBuilder().append(headers.method());
              for (Map.Entry<CharSequence, CharSequence> one : headers) {
                if (isCompared(one.getKey().toString())) {
                  text.append('\n').append(one.getKey()).append(": ").append(one.getValue());
                }
              }
              requests.add(text.toString());
            }
          };
      int before = -1;
      while (in.isReadable() && in.readerIndex() != before) {
        before = in.readerIndex();
        reader.readFrame(context, in, frames);
      }
    } catch (Http2Exception | RuntimeException e) {
      // From here on it reads nothing, and neither may we.
    } finally {
      channel.finishAndReleaseAll();
    }
    return requests;
  }

  // Cookies are joined, and the authority may come as either.
  private static boolean isCompared(String name) {
    return !name.startsWith(":") && !name.equals("cookie") && !name.equals("host");
  }

  private static byte[] begin() {
    byte[] preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    byte[] all = Arrays.copyOf(preface, preface.length + 9);
    all[preface.length + 3] = 4;
    return all;
  }

  /** Remembers a request and refuses it. */
  private static final class Answer implements Exchange {
    private final DownstreamStream stream;
    private final List<String> requests;

    Answer(DownstreamStream stream, List<String> requests) {
      this.stream = stream;
      this.requests = requests;
    }

    @Override
    public void onRequest(boolean end) {
      HeadView view = stream.request().view;
      var text = new StringBuilder(view.method());
      for (int i = 0; i < view.headerCount(); i++) {
        byte[] name = new byte[view.nameEnd(i) - view.nameStart(i)];
        view.slab().get(view.nameStart(i), name);
        byte[] value = new byte[view.valueEnd(i) - view.valueStart(i)];
        view.slab().get(view.valueStart(i), value);
        String line = new String(name, StandardCharsets.ISO_8859_1);
        if (isCompared(line)) {
          text.append('\n')
              .append(line)
              .append(": ")
              .append(new String(value, StandardCharsets.ISO_8859_1));
        }
      }
      requests.add(text.toString());
      if (end) {
        reply();
      }
    }

    @Override
    public void onData(ByteBuf data) {
      data.release();
    }

    @Override
    public void onEnd(@Nullable HeadView trailers) {
      reply();
    }

    private void reply() {
      stream.localReply(LocalReply.of(Failure.NO_ROUTE, "none"));
    }

    @Override
    public void onReadComplete() {}

    @Override
    public void onWritabilityChanged() {}

    @Override
    public void tick(long nowNanos) {}

    @Override
    public void onAborted(Failure why) {}

    @Override
    public void onFinished() {}
  }
}
