package dev.weft.sidecar.codec.http2;

import dev.weft.sidecar.codec.http2.head.FieldList;
import dev.weft.sidecar.codec.http2.head.HeadEncoder;
import dev.weft.sidecar.codec.http2.head.Slab;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.telemetry.Bound;

/**
 * What the client connections of one worker share, since they use it one after the other: where
 * heads are decoded and encoded, and the streams that are not in use. Worker thread only.
 */
public final class Http2ClientScratch {
  final FieldList fields = new FieldList();
  final HeadEncoder encoder = new HeadEncoder();
  final Slab slab = new Slab();

  final Kept<Http2ClientStream> kept = new Kept<>(Bound.H2_KEPT_CALLS.intValue());

  /** The response, or the trailers, at hand. */
  final ReceivedHead response = new ReceivedHead();
}
