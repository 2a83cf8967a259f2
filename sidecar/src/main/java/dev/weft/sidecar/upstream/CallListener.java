package dev.weft.sidecar.upstream;

import dev.weft.common.head.HeadView;
import dev.weft.sidecar.cluster.EndpointTracker;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.proxyprotocol.ProxyHeader;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Hears of an {@link UpstreamCall}: of its one response, whatever attempts it took. Worker only.
 */
public interface CallListener {
  /** Says how the request's head is to differ towards this endpoint; the plan is empty before. */
  void plan(HeadPlan plan, EndpointTracker endpoint);

  /** What a server that wants the PROXY protocol is told of the caller. */
  ProxyHeader proxyHeader();

  /** A 1xx response. */
  void onInformational(ReceivedHead response);

  /**
   * The final response that is to be passed on; valid during the call.
   *
   * @param end whether this is all, and the call over
   */
  void onResponse(ReceivedHead response, boolean end);

  /** More of the body; belongs to the listener. */
  void onResponseData(ByteBuf data);

  /** The response is complete; the call is over. */
  void onResponseEnd(@Nullable HeadView trailers);

  /** The moment to flush downstream. */
  void onResponseReadComplete();

  /** Lets more of the request's body come, or not. */
  void readRequest(boolean on);

  /** There will be no (whole) response; the call is over. */
  void onFailed(Failure failure, String detail);
}
