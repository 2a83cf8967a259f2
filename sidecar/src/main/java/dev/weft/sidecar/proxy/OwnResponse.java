package dev.weft.sidecar.proxy;

import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import dev.weft.sidecar.http.DownstreamStream;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.GrpcStatus;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.http.LocalReply;
import dev.weft.sidecar.http.ReceivedHead;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Responses of our own that go the way of the application's, so that every codec can send them and
 * every filter edits them: a filter's answer, a failure with what filters add, a gRPC status as
 * trailers only. One per worker, used for one response after the other.
 */
final class OwnResponse {
  private static final ByteBuffer NO_LINES = ByteBuffer.allocate(0).asReadOnlyBuffer();
  private static final byte[] HEAD = {'H', 'E', 'A', 'D'};
  private static final byte[] PROBLEM = LocalReply.CONTENT_TYPE.getBytes(StandardCharsets.US_ASCII);

  private static final byte[] MESSAGE_HTTP = "message/http".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] ALLOW = "allow".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] METHODS =
      "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE".getBytes(StandardCharsets.US_ASCII);

  private static final byte[] RETRY_AFTER = "retry-after".getBytes(StandardCharsets.US_ASCII);

  private final ReceivedHead head = new ReceivedHead();
  private final ByteBufAllocator allocator;
  private final Supplier<byte[]> date;

  /**
   * @param date the time of day as HTTP writes it
   */
  OwnResponse(ByteBufAllocator allocator, Supplier<byte[]> date) {
    this.allocator = allocator;
    this.date = date;
  }

  /** A status and the plan's lines. */
  void answer(DownstreamStream to, int status, HeadPlan plan) {
    begin(status, plan);
    if (status != 204) {
      length(plan, 0);
    }
    to.respond(head, plan, true);
  }

  /** The answer to a request that may go no further (RFC 9110, section 7.6.2). */
  void last(DownstreamStream to, HeadView request, HeadPlan plan) {
    if (request.method().equals("TRACE")) {
      message(to, 200, MESSAGE_HTTP, Forwarding.reflection(request), plan);
    } else {
      plan.line(ALLOW, METHODS);
      answer(to, 200, plan);
    }
  }

  /** A failure as problem details, with the plan's lines. */
  void problem(
      DownstreamStream to, Failure failure, String detail, byte @Nullable [] hop, HeadPlan plan) {
    begin(failure.status(), plan);
    byte[] body = LocalReply.of(failure, detail).body();
    plan.line(WellKnown.name(WellKnown.CONTENT_TYPE), PROBLEM);
    length(plan, body.length);
    if (failure.retryAfterSeconds() > 0) {
      plan.line(RETRY_AFTER, ascii(failure.retryAfterSeconds()));
    }
    hop(plan, hop);
    send(to, body, plan);
  }

  private void send(DownstreamStream to, byte[] body, HeadPlan plan) {
    head.bodyLength = body.length;
    if (!to.request().view.methodIs(HEAD)) {
      head.inlineBody = body.length;
      head.buffer = allocator.directBuffer(body.length).writeBytes(body);
    }
    try {
      to.respond(head, plan, true);
    } finally {
      head.buffer.release();
      head.buffer = Unpooled.EMPTY_BUFFER;
    }
  }

  /** A status, the plan's lines, and a body. */
  void message(DownstreamStream to, int status, byte[] type, byte[] body, HeadPlan plan) {
    begin(status, plan);
    plan.line(WellKnown.name(WellKnown.CONTENT_TYPE), type);
    length(plan, body.length);
    send(to, body, plan);
  }

  /** A failure as gRPC tells it: status 200, and the status and message that count as headers. */
  void grpc(
      DownstreamStream to,
      Failure failure,
      String detail,
      byte[] contentType,
      byte @Nullable [] hop,
      HeadPlan plan) {
    begin(200, plan);
    plan.line(WellKnown.name(WellKnown.CONTENT_TYPE), contentType);
    plan.line(WellKnown.name(WellKnown.GRPC_STATUS), GrpcStatus.text(failure.grpcStatus()));
    plan.line(
        WellKnown.name(WellKnown.GRPC_MESSAGE),
        GrpcStatus.message(failure.title() + ": " + detail + " [" + failure.flag() + "]"));
    hop(plan, hop);
    // HTTP/1.1 has to say where it ends; HTTP/2 ends it by a flag.
    head.bodyLength = ReceivedHead.UNKNOWN_LENGTH;
    to.respond(head, plan, true);
  }

  private void begin(int status, HeadPlan plan) {
    head.clear();
    head.filler.begin(NO_LINES);
    head.filler.status(status);
    plan.line(WellKnown.name(WellKnown.DATE), date.get());
  }

  private static void hop(HeadPlan plan, byte @Nullable [] hop) {
    if (hop != null) {
      plan.line(WellKnown.name(WellKnown.WEFT_HOP), hop);
    }
  }

  private static void length(HeadPlan plan, int length) {
    plan.line(WellKnown.name(WellKnown.CONTENT_LENGTH), ascii(length));
  }

  private static byte[] ascii(int number) {
    return Integer.toString(number).getBytes(StandardCharsets.US_ASCII);
  }
}
