package dev.weft.sidecar.http;

import dev.weft.common.head.HeadView;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Our end of one attempt towards an endpoint, as a codec offers it. Worker thread only. Buffers
 * handed over belong to the stream from then on.
 */
public interface UpstreamStream {
  /**
   * Sends a request's head and its inline body.
   *
   * @param end whether this is all
   */
  void send(ReceivedHead request, HeadPlan plan, boolean end, ResponseListener listener);

  /** More of the request's body. */
  void data(ByteBuf data);

  /** The request is complete. */
  void end(@Nullable HeadView trailers);

  void flush();

  /** Gives the attempt up; the listener hears nothing more. */
  void cancel();

  /** False while more is queued for the endpoint than the high watermark. */
  boolean isWritable();

  /** Lets more of the response come, or not. */
  void readResponse(boolean on);
}
