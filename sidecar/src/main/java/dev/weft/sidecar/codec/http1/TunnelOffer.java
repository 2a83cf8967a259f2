package dev.weft.sidecar.codec.http1;

import dev.weft.common.head.HeadView;
import dev.weft.sidecar.codec.Upgrades;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.http.ReceivedHead;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tunnel that one request asks for (RFC 9110, section 7.8), until its endpoint has answered: the
 * protocols that it may be, and what the caller has sent meanwhile. That is kept, because without a
 * tunnel it would be the next request's bytes. One per such request; worker thread only.
 */
final class TunnelOffer {
  private final List<String> protocols;
  private final byte @Nullable [] key;
  private final List<ByteBuf> kept = new ArrayList<>();
  private boolean ended;

  /** Adds to the plan what the caller's version did not need to say. */
  TunnelOffer(ReceivedHead request, HeadPlan plan) {
    protocols = Upgrades.names(request.view);
    byte[] made = request.lines ? null : Upgrades.missingKey(request.view);
    key = made;
    if (made != null) {
      plan.line(Upgrades.keyName(), made);
    }
  }

  /** Takes bytes of the caller's that came early. */
  void keep(ByteBuf data) {
    kept.add(data);
  }

  /** The caller sends no more. */
  void end() {
    ended = true;
  }

  boolean isEnded() {
    return ended;
  }

  /** Whether a 101 agrees to what was asked for, and to nothing else. */
  boolean isTakenUp(HeadView answer) {
    return Upgrades.accepts(answer, protocols) && (key == null || Upgrades.acceptsKey(answer, key));
  }

  /** Hands what came early to the tunnel; false: nothing did. */
  boolean sendKept(TunnelEnd tunnel) {
    boolean any = !kept.isEmpty();
    kept.forEach(tunnel::write);
    kept.clear();
    return any;
  }

  /** Lets go of what came early. */
  void release() {
    kept.forEach(ByteBuf::release);
    kept.clear();
  }
}
