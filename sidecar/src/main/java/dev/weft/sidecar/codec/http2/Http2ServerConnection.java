package dev.weft.sidecar.codec.http2;

import dev.weft.sidecar.codec.ServerConnection;
import dev.weft.sidecar.codec.ServerConnections;
import dev.weft.sidecar.codec.http2.frame.ConnectionError;
import dev.weft.sidecar.codec.http2.frame.ErrorCode;
import dev.weft.sidecar.codec.http2.frame.Flood;
import dev.weft.sidecar.codec.http2.head.HeadDecoder;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;

/**
 * A caller's HTTP/2 connection: opens a stream per request and takes leave in two steps (RFC 9113,
 * section 6.8): first a GOAWAY that refuses nothing, and when the caller has certainly heard it,
 * which a PING shows, the one that says what was served last. So no request is lost on the way.
 * Then it is the caller's to close: clients are known that throw away what they have not read yet
 * when the server does. Worker thread only.
 */
final class Http2ServerConnection extends Http2Connection implements ServerConnection {
  private static final long LEAVE_PING = 0x77656674L;

  /** From this number on no more streams are begun on a connection. */
  private static final int LAST_STREAMS = MAX_STREAM_ID - 2000;

  private enum Leave {
    NO,
    /** The first GOAWAY is out, and the PING behind it. */
    ANNOUNCED,
    /** The last GOAWAY is out: what comes now is refused. */
    FINAL
  }

  private final Http2Server server;
  private final ServerConnections connections;
  private int place;
  private int lastStream;
  private int servedStream;

  // The last numbers that were passed over: they were never opened.
  private int skippedFrom;
  private int skippedTo;

  private Leave leave = Leave.NO;
  private boolean settingsAcked;
  private long openedAt;
  private long idleSince;
  private long leaveAt;
  private long closedAt;
  private boolean lastSent;
  private Failure cause = Failure.CALLER_GONE;
  private long frameSince;
  private int frameCount;

  Http2ServerConnection(Http2Server server) {
    super(false, server.limits, server.fields, server.encoder);
    this.server = server;
    this.connections = server.connections;
  }

  @Override
  long now() {
    return connections.now();
  }

  @Override
  void sendSettings() {
    writer.settings(
        PeerSettings.SETTINGS_MAX_CONCURRENT_STREAMS,
        limits.maxStreams(),
        PeerSettings.SETTINGS_INITIAL_WINDOW_SIZE,
        limits.streamWindow(),
        PeerSettings.SETTINGS_MAX_HEADER_LIST_SIZE,
        limits.maxHead(),
        PeerSettings.SETTINGS_ENABLE_CONNECT_PROTOCOL,
        1);
  }

  @Override
  void onBegin() {
    openedAt = now();
    idleSince = openedAt;
    connections.opened(this);
    connections.openedHttp2();
  }

  // Streams.

  @Override
  void onNewHead(int id, ByteBuf block, boolean end) {
    if ((id & 1) == 0) {
      throw ConnectionError.protocol("a client's stream with an even number");
    }
    if (id <= lastStream) {
      if (id >= skippedFrom && id <= skippedTo) {
        throw ConnectionError.protocol("a stream with a lower number than the one before");
      }
      throw ConnectionError.of(ErrorCode.STREAM_CLOSED, "a head on a stream that is closed");
    }
    if (id > lastStream + 2) {
      skippedFrom = lastStream + 2;
      skippedTo = id - 2;
    }
    lastStream = id;
    if (leave == Leave.FINAL) {
      heads.skip(id, block);
      refuse(id, ErrorCode.REFUSED_STREAM);
      return;
    }
    servedStream = id;
    if (openStreams() >= limits.maxStreams()) {
      heads.skip(id, block);
      connections.reached(Bound.H2_STREAMS);
      refuse(id, ErrorCode.REFUSED_STREAM);
      if (settingsAcked) {
        // Before, it could not know.
        spend(Flood.RESET);
      }
      return;
    }
    begin(id, block, end);
    if (connections.isDraining() || id > LAST_STREAMS) {
      leave();
    }
  }

  private void begin(int id, ByteBuf block, boolean end) {
    Http2ServerStream stream = server.acquire(this);
    int result;
    try {
      result =
          heads.request(id, block, end, connections.limits().paths(), stream.slab, stream.request);
    } catch (ConnectionError e) {
      server.release(stream);
      throw e;
    }
    if (result == HeadDecoder.MALFORMED) {
      server.release(stream);
      connections.protocolError();
      streamError(id, ErrorCode.PROTOCOL_ERROR, heads.problem());
      return;
    }
    add(stream, id);
    stream.remoteEnded = end;
    if (result == HeadDecoder.REFUSED) {
      Failure failure = heads.failure();
      connections.protocolError();
      stream.refuse(failure, heads.problem());
      if (failure == Failure.HEAD_TOO_LARGE) {
        connections.reached(Bound.H2_HEAD_BYTES);
        spend(Flood.HEAD);
      }
      return;
    }
    stream.contentLeft = heads.contentLength();
    stream.touched = !end;
    stream.start(end);
  }

  @Override
  void onHead(Http2Stream stream, ByteBuf block, boolean end) {
    int id = stream.id;
    int result = heads.trailers(id, block, server.trailersSlab, server.trailers);
    if (result != HeadDecoder.OK) {
      streamError(id, ErrorCode.PROTOCOL_ERROR, heads.problem());
    } else if (!end) {
      streamError(id, ErrorCode.PROTOCOL_ERROR, "a second head that does not end the stream");
    } else if (stream.contentLeft > 0) {
      streamError(id, ErrorCode.PROTOCOL_ERROR, "less DATA than content-length says");
    } else {
      endRemote(stream, server.trailers.view);
    }
  }

  @Override
  void onStreamGone() {
    if (openStreams() == 0) {
      idleSince = now();
    }
  }

  @Override
  int lastPeerStream() {
    return servedStream;
  }

  @Override
  boolean wasOpened(int stream) {
    return (stream & 1) == 1 && stream <= lastStream;
  }

  // Settings, pings and leave.

  @Override
  void onSettled() {}

  @Override
  void onSettingsAck() {
    settingsAcked = true;
  }

  @Override
  void onPong(long content) {
    if (content == LEAVE_PING && leave == Leave.ANNOUNCED) {
      left();
    }
  }

  @Override
  void onPeerLeaves(int last, int code) {
    // Its streams are served; it closes when it has what it wants.
  }

  @Override
  public void drain() {
    // One without a stream yet is told with its first: a caller who is told before it has sent
    // anything would come right back.
    if (lastStream > 0) {
      leave();
    }
  }

  private void leave() {
    if (leave == Leave.NO && isOpen()) {
      leave = Leave.ANNOUNCED;
      leaveAt = now();
      connections.leaveStarted();
      writer.goAway(MAX_STREAM_ID, ErrorCode.NO_ERROR);
      writer.ping(false, LEAVE_PING);
      flushLater();
    }
  }

  private void left() {
    leave = Leave.FINAL;
    leaveAt = now();
    writer.goAway(servedStream, ErrorCode.NO_ERROR);
    flushLater();
  }

  @Override
  public void closeIfIdle() {
    if (isOpen() && openStreams() == 0 && leave == Leave.NO) {
      writer.goAway(servedStream, ErrorCode.NO_ERROR);
      end();
    }
  }

  private void end() {
    closedAt = now();
    close();
  }

  // Ends.

  @Override
  void onBroken(ConnectionError error) {
    closedAt = now();
    Flood flood = error.flood();
    if (flood == null) {
      connections.protocolError();
    } else {
      connections.reached(flood.bound());
    }
  }

  @Override
  void onLastSent() {
    lastSent = true;
    closedAt = now();
  }

  @Override
  void onOver() {
    if (leave != Leave.NO) {
      connections.leaveEnded();
    }
  }

  @Override
  void onGone() {
    connections.closed(this);
  }

  @Override
  public void closeNow() {
    cause = Failure.DRAINED;
    ctx.close();
  }

  /** Why requests end with the connection. */
  Failure cause() {
    return cause;
  }

  @Override
  public int place() {
    return place;
  }

  @Override
  public void place(int to) {
    place = to;
  }

  // Time.

  @Override
  public void tick(long now) {
    if (!isOpen()) {
      // A reader's second begins when the last byte has left.
      long limit = lastSent ? ServerConnections.LINGER_NANOS : limits.stallTimeoutNanos();
      if (now - closedAt > limit) {
        ctx.close();
      }
      return;
    }
    allowances.tick();
    server.trim(now);
    if (lateFrame(now) || lateSettings(now)) {
      return;
    }
    if (isUnreadFor(limits.stallTimeoutNanos(), now)) {
      connections.reached(Bound.RESPONSE_STALLED);
      ctx.close();
      return;
    }
    for (int i = streams.size() - 1; i >= 0; i--) {
      if (i < streams.size()) {
        ((Http2ServerStream) streams.get(i)).tick(now);
      }
    }
    if (leave == Leave.ANNOUNCED && now - leaveAt > limits.leaveTimeoutNanos()) {
      left();
    } else if (leave == Leave.FINAL
        && openStreams() == 0
        && now - Math.max(leaveAt, idleSince) > ServerConnections.LINGER_NANOS) {
      connections.reached(Bound.LINGER);
      end();
    } else if (leave == Leave.NO
        && openStreams() == 0
        && !isPaused()
        && now - idleSince > limits.idleTimeoutNanos()) {
      connections.idleTimeout(Bound.KEEP_ALIVE_IDLE);
      leave();
    }
  }

  private boolean lateFrame(long now) {
    int count = frames();
    if (!isWithinFrame() || count != frameCount || isPaused()) {
      frameCount = count;
      frameSince = now;
      return false;
    }
    if (now - frameSince <= limits.headTimeoutNanos()) {
      return false;
    }
    connections.reached(Bound.HEAD_TIME);
    fail(ConnectionError.protocol("a frame was not complete in time"));
    return true;
  }

  private boolean lateSettings(long now) {
    if (settingsAcked || now - openedAt <= limits.headTimeoutNanos()) {
      return false;
    }
    connections.reached(Bound.HEAD_TIME);
    fail(
        settled
            ? ConnectionError.of(ErrorCode.SETTINGS_TIMEOUT, "SETTINGS were not acknowledged")
            : ConnectionError.protocol("no preface and SETTINGS in time"));
    return true;
  }
}
