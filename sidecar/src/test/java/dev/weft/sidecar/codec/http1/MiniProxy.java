package dev.weft.sidecar.codec.http1;

import dev.weft.common.head.HeadView;
import dev.weft.sidecar.codec.ConnectionLimits;
import dev.weft.sidecar.codec.ReceiveBuffers;
import dev.weft.sidecar.codec.ServerConnections;
import dev.weft.sidecar.http.DownstreamStream;
import dev.weft.sidecar.http.Exchange;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.http.ResponseListener;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.Telemetry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Both ends of the HTTP/1.1 codec with nothing between them: what a caller's bytes become on their
 * way up, and an endpoint's on their way down.
 */
final class MiniProxy implements Exchange, Http1ClientConnection.Owner {
  private static final byte[] NO_CONTENT =
      "HTTP/1.1 204 No Content\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  /** What was sent up for each request that came whole. */
  final List<byte[]> forwarded = new ArrayList<>();

  /** Requests that came whole, as the codec read them. */
  final List<ReferenceHttp1.Message> requests = new ArrayList<>();

  /** What the caller was sent. */
  final ByteArrayOutputStream answered = new ByteArrayOutputStream();

  boolean responseWhole;
  boolean responseFailed;

  private final Telemetry telemetry = new Telemetry(null);
  private final boolean answers;
  private final EmbeddedChannel downstream;
  private final HeadPlan plan = new HeadPlan();
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private @Nullable DownstreamStream stream;
  private @Nullable EmbeddedChannel upstream;
  private @Nullable Http1ClientConnection client;
  private String start = "";
  private List<String> headers = List.of();
  private boolean abandoned;

  /**
   * @param answers every request with 204
   */
  MiniProxy(boolean answers) {
    this.answers = answers;
    var connections =
        new ServerConnections(
            Direction.INBOUND, telemetry.newWorker(), ConnectionLimits.DEFAULT, 0);
    downstream =
        new EmbeddedChannel(
            new Http1ServerConnection(
                connections,
                to -> {
                  stream = to;
                  return this;
                }));
  }

  void fromCaller(byte[] bytes, int from, int to) {
    receive(downstream, bytes, from, to);
    drain(downstream, answered);
  }

  void fromEndpoint(byte[] bytes, int from, int to) {
    EmbeddedChannel up = upstream;
    if (up != null && up.isOpen()) {
      receive(up, bytes, from, to);
      drain(downstream, answered);
    }
  }

  void endpointCloses() {
    EmbeddedChannel up = upstream;
    if (up != null && up.isOpen()) {
      up.close();
      up.runPendingTasks();
    }
    drain(downstream, answered);
  }

  boolean callersConnectionIsOpen() {
    return downstream.isOpen() && downstream.isActive();
  }

  /** Ends everything; what was not read is released. */
  void end() {
    downstream.finishAndReleaseAll();
    drain(downstream, answered);
    if (upstream != null) {
      upstream.finishAndReleaseAll();
    }
    telemetry.close();
  }

  private static void receive(EmbeddedChannel channel, byte[] bytes, int from, int to) {
    if (!channel.isOpen()) {
      return;
    }
    ByteBuf in =
        ByteBufAllocator.DEFAULT
            .directBuffer(ReceiveBuffers.HEAD_ROOM + to - from)
            .setIndex(ReceiveBuffers.HEAD_ROOM, ReceiveBuffers.HEAD_ROOM)
            .writeBytes(bytes, from, to - from);
    channel.pipeline().fireChannelRead(in);
    channel.pipeline().fireChannelReadComplete();
    channel.runPendingTasks();
    channel.checkException();
  }

  private static void drain(EmbeddedChannel from, ByteArrayOutputStream to) {
    for (Object out = from.readOutbound(); out != null; out = from.readOutbound()) {
      if (out instanceof ByteBuf bytes) {
        byte[] copy = new byte[bytes.readableBytes()];
        bytes.readBytes(copy);
        to.write(copy, 0, copy.length);
        bytes.release();
      }
    }
  }

  // The request's way.

  @Override
  public void onRequest(boolean end) {
    DownstreamStream from = stream();
    ReceivedHead head = from.request();
    start = head.view.method() + " " + head.view.minorVersion();
    headers = lines(head.view);
    body.reset();
    abandoned = false;
    if (head.inlineBody > 0) {
      byte[] inline = new byte[head.inlineBody];
      head.buffer.getBytes(head.end, inline);
      body.write(inline, 0, inline.length);
    }
    var made = new Http1ClientConnection(this, ConnectionLimits.DEFAULT);
    client = made;
    upstream = new EmbeddedChannel(made);
    plan.clear();
    made.send(head, plan, end, new Down());
    made.flush();
    if (end) {
      whole(null);
    }
  }

  @Override
  public void onData(ByteBuf data) {
    byte[] copy = new byte[data.readableBytes()];
    data.getBytes(data.readerIndex(), copy);
    body.write(copy, 0, copy.length);
    Http1ClientConnection to = client;
    if (to == null || abandoned) {
      data.release();
    } else {
      to.data(data);
      to.flush();
    }
  }

  @Override
  public void onEnd(@Nullable HeadView trailers) {
    Http1ClientConnection to = client;
    if (to != null && !abandoned) {
      to.end(trailers);
      to.flush();
      whole(trailers);
    }
  }

  private void whole(@Nullable HeadView trailers) {
    EmbeddedChannel up = upstream;
    if (up == null) {
      return;
    }
    requests.add(
        new ReferenceHttp1.Message(
            start,
            headers,
            body.toString(StandardCharsets.ISO_8859_1),
            trailers == null ? List.of() : lines(trailers),
            false));
    var sent = new ByteArrayOutputStream();
    drain(up, sent);
    forwarded.add(sent.toByteArray());
    if (answers) {
      receive(up, NO_CONTENT, 0, NO_CONTENT.length);
    }
  }

  @Override
  public void onReadComplete() {}

  @Override
  public void onWritabilityChanged() {}

  @Override
  public void tick(long nowNanos) {}

  @Override
  public void onAborted(Failure why) {
    abandoned = true;
  }

  @Override
  public void onFinished() {
    abandoned = true;
    EmbeddedChannel up = upstream;
    if (up != null) {
      up.finishAndReleaseAll();
    }
  }

  /** The response's way. */
  private final class Down implements ResponseListener {
    @Override
    public void onInformational(ReceivedHead response) {
      stream().informational(response);
    }

    @Override
    public void onResponse(ReceivedHead response, boolean end) {
      plan.clear();
      if (!end) {
        stream().releaseRequest();
      }
      responseWhole = end;
      stream().respond(response, plan, end);
    }

    @Override
    public void onData(ByteBuf data) {
      stream().data(data);
    }

    @Override
    public void onEnd(@Nullable HeadView trailers) {
      responseWhole = true;
      stream().end(trailers);
    }

    @Override
    public void onFailed(Failure failure, String detail) {
      responseFailed = true;
      if (!abandoned) {
        abandoned = true;
        stream().abort(failure);
      }
    }

    @Override
    public void onReadComplete() {
      stream().flush();
    }

    @Override
    public void onWritabilityChanged() {}
  }

  @Override
  public void onIdle(Http1ClientConnection connection) {}

  @Override
  public void onClosed(Http1ClientConnection connection) {}

  @Override
  public void onReached(Bound bound) {}

  private DownstreamStream stream() {
    DownstreamStream made = stream;
    if (made == null) {
      throw new IllegalStateException("no stream yet");
    }
    return made;
  }

  private static List<String> lines(HeadView view) {
    var all = new ArrayList<String>();
    for (int i = 0; i < view.headerCount(); i++) {
      byte[] name = new byte[view.nameEnd(i) - view.nameStart(i)];
      view.slab().get(view.nameStart(i), name);
      byte[] value = new byte[view.valueEnd(i) - view.valueStart(i)];
      view.slab().get(view.valueStart(i), value);
      all.add(
          new String(name, StandardCharsets.ISO_8859_1)
              + ":"
              + new String(value, StandardCharsets.ISO_8859_1));
    }
    return all;
  }
}
