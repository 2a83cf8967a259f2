package dev.weft.sidecar.http;

import dev.weft.common.head.HeadView;
import dev.weft.sidecar.destination.OriginalDestination;
import io.netty.buffer.ByteBuf;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The caller's end of one exchange, as a codec offers it: an HTTP/1.1 connection for one request
 * after the other, or a stream of HTTP/2. Worker thread only. Buffers handed over belong to the
 * stream from then on.
 */
public interface DownstreamStream {
  /** The request; stays as it is until {@link #releaseRequest()} or the end of the exchange. */
  ReceivedHead request();

  /** Says that the request's head and inline body are not needed any more. */
  void releaseRequest();

  /** The caller's address, e.g. for {@code x-forwarded-for}; null when it is not known. */
  @Nullable SocketAddress remoteAddress();

  /** Where the caller has connected to, as far as we know; null when it is not known. */
  @Nullable SocketAddress localAddress();

  /** What TLS says of the caller; null when the connection is not secured. */
  default @Nullable CallerTls callerTls() {
    return null;
  }

  /** Where the caller was on its way to; null when its connection was not redirected to us. */
  default @Nullable OriginalDestination originalDestination() {
    return null;
  }

  /** Forwards a 1xx response; dropped where the caller's version does not know them. */
  void informational(ReceivedHead response);

  /**
   * Forwards a final response's head and its inline body.
   *
   * @param end whether this is all
   */
  void respond(ReceivedHead response, HeadPlan plan, boolean end);

  /** More of the response's body. */
  void data(ByteBuf data);

  /** The response is complete. */
  void end(@Nullable HeadView trailers);

  /** Answers by itself, whole; allowed as long as {@link #respond} was not called. */
  void localReply(LocalReply reply);

  /**
   * Cuts the response off so that the caller sees that it is not whole.
   *
   * @param why what the caller is told, as far as its version has a word for it
   */
  void abort(Failure why);

  void flush();

  /** False while more is queued for the caller than the high watermark. */
  boolean isWritable();

  /** Lets more of the request's body come, or not. */
  void readRequest(boolean on);
}
