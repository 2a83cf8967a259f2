package dev.weft.controlplane.discovery.pace;

import dev.weft.controlplane.limit.Allowance;
import dev.weft.controlplane.limit.PeerLimit;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Whether a node may open another stream now. A sidecar that comes again while its last stream is
 * still open takes over: its network may have broken without a word. But where two say that they
 * are the same node, each would end the other for ever: after a few take-overs the stream that is
 * open stays, until nobody else has tried for a while. Remembers so many nodes. Owned by the engine
 * thread.
 */
public final class NodeAdmission {
  /** How long nobody else must have tried before a take-over is possible again. */
  static final Duration QUIET = Duration.ofSeconds(10);

  private static final double PER_SECOND = PeerLimit.NODE_STREAMS.value() / 60.0;
  private static final double TAKEOVERS_PER_SECOND = PeerLimit.NODE_TAKEOVERS.value() / 60.0;
  private static final int NODES = 20_000;

  private final Map<String, Node> nodes = new LinkedHashMap<>(16, 0.75f, true);

  /** What becomes of a stream. */
  public enum Answer {
    WELCOME,
    /** It was opened too often. */
    TOO_OFTEN,
    /** Another one is the node. */
    CONTESTED
  }

  private static final class Node {
    final Allowance streams;
    final Allowance takeovers;
    boolean contested;
    long quietFromNanos;

    Node(long nowNanos) {
      streams = new Allowance(PeerLimit.NODE_STREAMS.value(), PER_SECOND, nowNanos);
      takeovers = new Allowance(PeerLimit.NODE_TAKEOVERS.value(), TAKEOVERS_PER_SECOND, nowNanos);
    }
  }

  /**
   * A stream says that it is that node.
   *
   * @param open whether another one has said so, and is open
   */
  public Answer opens(String node, boolean open, long nowNanos) {
    Node known = nodes.computeIfAbsent(node, _ -> new Node(nowNanos));
    if (nodes.size() > NODES) {
      nodes.remove(nodes.keySet().iterator().next());
    }
    if (known.contested && nowNanos - known.quietFromNanos >= 0) {
      known.contested = false;
    }
    if (open && (known.contested || !known.takeovers.take(nowNanos))) {
      known.contested = true;
      known.quietFromNanos = nowNanos + QUIET.toNanos();
      return Answer.CONTESTED;
    }
    return known.streams.take(nowNanos) ? Answer.WELCOME : Answer.TOO_OFTEN;
  }
}
