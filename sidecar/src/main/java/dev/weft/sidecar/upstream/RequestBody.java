package dev.weft.sidecar.upstream;

import dev.weft.common.head.HeadView;
import dev.weft.sidecar.codec.Pressure;
import dev.weft.sidecar.http.UpstreamStream;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What has come of a request's body beyond the part that lies with its head: kept, within a bound,
 * so that it can be sent again; or until there is a connection to send it on. Reused; one worker.
 */
final class RequestBody {
  /** Bytes kept for another attempt. */
  static final int MAX_BYTES = Bound.REPLAY_BODY.intValue();

  private static final int MAX_PIECES = Bound.REPLAY_PIECES.intValue();

  private final List<ByteBuf> pieces = new ArrayList<>();
  private int bytes;
  private boolean whole;
  private boolean ended;
  private @Nullable HeadView trailers;

  void begin(boolean end) {
    bytes = 0;
    whole = true;
    ended = end;
    trailers = null;
  }

  /** Whether everything that came is still here, so that another attempt can have it. */
  boolean replayable() {
    return whole;
  }

  boolean ended() {
    return ended;
  }

  boolean isEmpty() {
    return pieces.isEmpty() && trailers == null;
  }

  /**
   * Sends a piece, or keeps it until there is a connection; takes it over.
   *
   * @return whether more may come now
   */
  boolean take(ByteBuf data, @Nullable UpstreamStream to) {
    if (to == null) {
      pieces.add(data);
      bytes += data.readableBytes();
      return bytes < MAX_BYTES && pieces.size() < MAX_PIECES && !Pressure.isHigh();
    }
    keep(data);
    to.data(data);
    if (!to.isWritable()) {
      // What the socket takes now need not stop the sender.
      to.flush();
    }
    return to.isWritable();
  }

  /**
   * Keeps a piece that is being sent, if it fits and memory is at hand; else nothing can be sent
   * again.
   */
  private void keep(ByteBuf data) {
    if (!whole) {
      return;
    }
    bytes += data.readableBytes();
    if (bytes > MAX_BYTES || pieces.size() >= MAX_PIECES || Pressure.isHigh()) {
      release();
    } else {
      pieces.add(data.retainedDuplicate());
    }
  }

  void end(@Nullable HeadView last) {
    ended = true;
    trailers = last == null || last.headerCount() == 0 ? null : copy(last);
  }

  /** Translates what is held, piece by piece, where it lies; false when a piece cannot be. */
  boolean translate(Predicate<ByteBuf> translation) {
    for (int i = 0; i < pieces.size(); i++) {
      if (!translation.test(pieces.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** Sends what is there. */
  void sendTo(UpstreamStream stream) {
    for (int i = 0; i < pieces.size(); i++) {
      stream.data(pieces.get(i).retainedDuplicate());
    }
    if (bytes > MAX_BYTES) {
      release();
    }
    if (ended) {
      stream.end(trailers);
    }
  }

  /** Lets go of everything: no other attempt will be made. */
  void release() {
    whole = false;
    bytes = 0;
    for (int i = 0; i < pieces.size(); i++) {
      pieces.get(i).release();
    }
    pieces.clear();
  }

  private static HeadView copy(HeadView from) {
    int last = from.headerCount() - 1;
    byte[] slab = new byte[from.valueEnd(last)];
    from.slab().get(0, slab);
    var filler = new HeadView.Filler();
    filler.begin(ByteBuffer.wrap(slab));
    for (int i = 0; i <= last; i++) {
      filler.header(from.nameStart(i), from.nameEnd(i), from.valueStart(i), from.valueEnd(i));
    }
    return filler.view();
  }
}
