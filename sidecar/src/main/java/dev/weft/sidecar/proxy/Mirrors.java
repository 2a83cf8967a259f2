package dev.weft.sidecar.proxy;

import dev.weft.common.head.HeadView;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The copies of the request that is under way; reused by its exchange, only where there are any.
 */
final class Mirrors {
  private final List<MirrorCall> calls = new ArrayList<>();

  void add(MirrorCall call) {
    calls.add(call);
  }

  /** More of the request's body, which stays the caller's. */
  void data(ByteBuf data) {
    for (int i = 0; i < calls.size(); i++) {
      calls.get(i).data(data);
    }
  }

  void end(@Nullable HeadView trailers) {
    for (int i = 0; i < calls.size(); i++) {
      calls.get(i).end(trailers);
    }
  }

  void flush() {
    for (int i = 0; i < calls.size(); i++) {
      calls.get(i).flush();
    }
  }

  /** The request is over. */
  void leave() {
    for (int i = 0; i < calls.size(); i++) {
      calls.get(i).leave();
    }
    calls.clear();
  }
}
