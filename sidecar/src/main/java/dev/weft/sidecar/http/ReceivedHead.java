package dev.weft.sidecar.http;

import dev.weft.common.head.HeadView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;

/**
 * A message head where it was received. Reused by its connection or stream; whoever keeps it beyond
 * the call that handed it over holds {@link #buffer} retained. The view's offsets are indices into
 * the buffer when {@link #lines} is set.
 *
 * <p>Fields instead of accessors: the codec fills them per message, and encoders read them per
 * message; both on one worker.
 */
public final class ReceivedHead {
  /** {@link #bodyLength} of a body whose length its framing does not tell beforehand. */
  public static final long UNKNOWN_LENGTH = -1;

  public final HeadView.Filler filler = new HeadView.Filler();
  public final HeadView view = filler.view();

  /** Where the head lies. */
  public ByteBuf buffer = Unpooled.EMPTY_BUFFER;

  /** The head's first byte in the buffer. */
  public int start;

  /** The first byte after the head's empty line. */
  public int end;

  /** {@link #room} of a head that is not to be written where it lies. */
  public static final int NOT_IN_PLACE = -1;

  /** How many bytes before {@link #start} may be overwritten; or {@link #NOT_IN_PLACE}. */
  public int room;

  /** Whether the view's header lines lie in the buffer as HTTP/1.1 lines, one after the other. */
  public boolean lines;

  /** Bytes of the body, free of framing, that directly follow the head in its buffer. */
  public int inlineBody;

  /** Whether nothing else in the buffer is needed: it may be sent as it is, indices changed. */
  public boolean exclusive;

  /** 0: no body; {@link #UNKNOWN_LENGTH}: it ends where its framing says. */
  public long bodyLength;

  /** Whether it came as HTTP/2; else as HTTP/1.x. */
  public boolean http2;

  /** Whether the head carries {@code Transfer-Encoding: chunked}. */
  public boolean chunked;

  /** Whether the sender closes after this message (Connection header and version). */
  public boolean close;

  /** Whether {@code Connection} names anything but {@code close} and {@code keep-alive}. */
  public boolean connectionOptions;

  /** Whether the framing fields are valid but unusual, and are to be written anew. */
  public boolean oddFraming;

  /** Of a request: whether its target names scheme and authority, as one sends it to a proxy. */
  public boolean absoluteForm;

  /**
   * Of a request: its sender wants a tunnel, by an {@code Upgrade} that may be passed on, by {@code
   * CONNECT}, or by extended {@code CONNECT} (RFC 8441), which a codec presents as the upgrade of a
   * GET: method GET, an {@code upgrade} line with the protocol. Such a request has no body; its
   * {@code end} is the tunnel's. Of a response: the tunnel begins behind it (101, or 2xx to {@code
   * CONNECT} in either form). From then on data are the tunnel's bytes in both directions, an end
   * without trailers closes one direction, and the exchange is over when both are closed.
   */
  public boolean tunnel;

  /** Copies it with its inline body into a buffer of its own, which the caller releases. */
  public void copyTo(ReceivedHead copy, ByteBufAllocator allocator) {
    int length = end - start + inlineBody;
    ByteBuf bytes = allocator.directBuffer(length).writeBytes(buffer, start, length);
    copy.clear();
    copy.buffer = bytes;
    copy.end = end - start;
    copy.room = NOT_IN_PLACE;
    copy.lines = lines;
    copy.inlineBody = inlineBody;
    copy.bodyLength = bodyLength;
    copy.http2 = http2;
    copy.chunked = chunked;
    copy.close = close;
    copy.connectionOptions = connectionOptions;
    copy.oddFraming = oddFraming;
    copy.absoluteForm = absoluteForm;
    copy.tunnel = tunnel;
    HeadView.Filler to = copy.filler;
    to.begin(bytes.nioBuffer(0, length));
    to.status(view.status());
    to.minorVersion(view.minorVersion());
    to.method(moved(view.methodStart()), moved(view.methodEnd()));
    to.authority(moved(view.authorityStart()), moved(view.authorityEnd()));
    to.path(moved(view.pathStart()), moved(view.pathEnd()));
    to.query(moved(view.queryStart()), moved(view.queryEnd()));
    for (int i = 0; i < view.headerCount(); i++) {
      to.header(
          moved(view.nameStart(i)),
          moved(view.nameEnd(i)),
          moved(view.valueStart(i)),
          moved(view.valueEnd(i)));
    }
  }

  /** What is not there begins and ends at 0, wherever the head lies. */
  private int moved(int offset) {
    return Math.max(0, offset - start);
  }

  /** Forgets everything but the storage; the buffer's owner has released it. */
  public void clear() {
    buffer = Unpooled.EMPTY_BUFFER;
    start = 0;
    end = 0;
    room = 0;
    lines = false;
    inlineBody = 0;
    exclusive = false;
    bodyLength = 0;
    http2 = false;
    chunked = false;
    close = false;
    connectionOptions = false;
    oddFraming = false;
    absoluteForm = false;
    tunnel = false;
  }
}
