package dev.weft.sidecar.http;

import dev.weft.common.head.HeadView;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * What serves the requests of one {@link DownstreamStream}, one after the other. Worker thread
 * only.
 */
public interface Exchange {
  /**
   * A request has come: head and inline body are in {@link DownstreamStream#request()}.
   *
   * @param end whether this is all of it
   */
  void onRequest(boolean end);

  /** More of the request's body; belongs to the exchange from now on. */
  void onData(ByteBuf data);

  /** The request is complete. */
  void onEnd(@Nullable HeadView trailers);

  /** What could be read has been read: the moment to flush upstream. */
  void onReadComplete();

  /** {@link DownstreamStream#isWritable()} has changed. */
  void onWritabilityChanged();

  /** About once a second while a request is under way: the moment to look at what stands still. */
  void tick(long nowNanos);

  /** The caller is gone or broke the protocol within the body: no answer can reach it. */
  void onAborted(Failure why);

  /** The response has been handed over whole and the request has been read whole. */
  void onFinished();

  /** Makes the exchange of a new stream. */
  @FunctionalInterface
  interface Factory {
    Exchange newExchange(DownstreamStream stream);
  }
}
