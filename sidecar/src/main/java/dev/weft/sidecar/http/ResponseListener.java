package dev.weft.sidecar.http;

import dev.weft.common.head.HeadView;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** Hears what one attempt brings. Worker thread only; after an end or a failure nothing follows. */
public interface ResponseListener {
  /** A 1xx response. */
  void onInformational(ReceivedHead response);

  /**
   * The final response's head with its inline body; valid during the call only.
   *
   * @param end whether this is all
   */
  void onResponse(ReceivedHead response, boolean end);

  /** More of the body; belongs to the listener from now on. */
  void onData(ByteBuf data);

  void onEnd(@Nullable HeadView trailers);

  /** What could be read has been read: the moment to flush downstream. */
  void onReadComplete();

  /** {@link UpstreamStream#isWritable()} has changed. */
  void onWritabilityChanged();

  /**
   * The attempt is over without a whole response.
   *
   * @param detail one sentence for a person
   */
  void onFailed(Failure failure, String detail);
}
