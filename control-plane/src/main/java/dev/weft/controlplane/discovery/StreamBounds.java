package dev.weft.controlplane.discovery;

import dev.weft.controlplane.discovery.loop.EngineLoop;
import dev.weft.controlplane.discovery.pace.EngineShare;
import dev.weft.controlplane.discovery.pace.Sentences;
import dev.weft.controlplane.discovery.pace.StreamLimits;
import dev.weft.controlplane.discovery.pace.StreamPace;
import dev.weft.controlplane.discovery.pace.UnreadBytes;
import dev.weft.controlplane.limit.PeerLimit;
import dev.weft.controlplane.limit.PeerLimits;
import io.grpc.Status;
import java.time.Duration;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Holds all streams together to their limits: names those that are late, and ends those that are
 * beyond one, whoever is most to blame first. Owned by the engine thread.
 */
final class StreamBounds {
  /** Requests in the slow lane from which on a sidecar is named: a cold start may make a few. */
  private static final int MANY_DETOURS = 100;

  private static final long A_MOMENT = Duration.ofSeconds(1).toNanos();

  private final EngineLoop loop;
  private final StreamLimits most;
  private final Duration answerTime;
  private final Set<NodeStream> streams;
  private final DiscoveryMetrics metrics;
  private final PeerLimits limits;
  private final Requests.Ender ender;
  private final UnreadBytes<NodeStream> unread;
  private final EngineShare share;

  StreamBounds(
      EngineLoop loop,
      DiscoveryOptions options,
      Set<NodeStream> streams,
      DiscoveryMetrics metrics,
      PeerLimits limits,
      EngineShare share,
      Requests.Ender ender) {
    this.loop = loop;
    this.most = options.streamLimits();
    this.answerTime = options.ackTimeout();
    this.streams = streams;
    this.metrics = metrics;
    this.limits = limits;
    this.share = share;
    this.ender = ender;
    this.unread = new UnreadBytes<>(most.unreadBytes());
  }

  /** Whether there is room for one more; if not, it has been ended. */
  boolean mayOpen(NodeStream stream) {
    if (streams.size() < most.streams()) {
      return true;
    }
    String why = Sentences.tooManyStreams(most.streams());
    NodeStream silent = longSilent();
    if (silent == null) {
      limits.reached(PeerLimit.STREAMS, stream.name(), stream.call().peer(), why);
      stream.call().close(Status.RESOURCE_EXHAUSTED.withDescription(why));
      return false;
    }
    end(silent, PeerLimit.STREAMS, Status.RESOURCE_EXHAUSTED, why);
    return true;
  }

  /** One that had the time to say who it is, and has not; null: there is none. */
  private @Nullable NodeStream longSilent() {
    long now = loop.nanoTime();
    for (NodeStream stream : streams) {
      if (!stream.begun() && stream.pace().silentNanos(now) >= A_MOMENT) {
        return stream;
      }
    }
    return null;
  }

  /** Whether a stream may be sent something now; if not, it is {@link #released} later. */
  boolean maySend(NodeStream stream) {
    makeRoom();
    if (unread.full()) {
      limits.reached(PeerLimit.UNREAD);
      unread.holdBack(stream);
    }
    return !unread.full();
  }

  /** While too much is unread, those go who have not read for long, the longest first. */
  private void makeRoom() {
    long now = loop.nanoTime();
    NodeStream oldest = unread.full() ? unread.oldest() : null;
    while (oldest != null && oldest.pace().unreadNanos(now) >= most.late().toNanos()) {
      String why = Sentences.makesRoom(oldest.pace().unreadNanos(now), most.unreadBytes());
      end(oldest, PeerLimit.UNREAD, Status.RESOURCE_EXHAUSTED, why);
      oldest = unread.full() ? unread.oldest() : null;
    }
  }

  /** Takes one that had to wait, and need not any more; null: there is none. */
  @Nullable NodeStream released() {
    return unread.released();
  }

  /** It was sent something. */
  void sent(NodeStream stream) {
    count(stream);
  }

  /** It has answered what it was sent. */
  void answered(NodeStream stream) {
    count(stream);
    if (stream.pace().named()) {
      limits.wellAgain(PeerLimit.READ_TIME, stream.name());
      limits.wellAgain(PeerLimit.ANSWER_TIME, stream.name());
    }
  }

  /** Its transport may take more than it did. */
  void look(NodeStream stream) {
    stream.pace().look(stream.call().isReady(), loop.nanoTime());
    count(stream);
  }

  private void count(NodeStream stream) {
    if (streams.contains(stream)) {
      unread.set(stream, stream.pace().unreadBytes());
    }
    metrics.unread(unread.total());
  }

  /** It is no more. */
  void forget(NodeStream stream) {
    unread.forget(stream);
    metrics.unread(unread.total());
  }

  /** Whether that stream is still there when all names have room. */
  boolean hasRoomForNames(NodeStream stream) {
    while (metrics.subscriptions() > most.names() && !streams.isEmpty()) {
      NodeStream greediest =
          Collections.max(streams, Comparator.comparingInt(NodeStream::subscriptions));
      String why =
          Sentences.greediest(greediest.subscriptions(), metrics.subscriptions(), most.names());
      end(greediest, PeerLimit.NAMES_TOTAL, Status.RESOURCE_EXHAUSTED, why);
    }
    return streams.contains(stream);
  }

  /** A request of it had to wait in the slow lane. */
  void tookDetour(NodeStream stream) {
    limits.reached(PeerLimit.ENGINE_SHARE);
    int detours = stream.share().detours();
    if (detours >= MANY_DETOURS) {
      String what = Sentences.takesTooMuch(detours);
      limits.goesOn(PeerLimit.ENGINE_SHARE, stream.name(), stream.call().peer(), what);
    }
  }

  /**
   * Names those that are late, and cuts off those that could read or answer and do not, and those
   * that never say who they are. To be called each second.
   */
  void sweep() {
    for (NodeStream stream : List.copyOf(streams)) {
      look(stream);
      if (stream.share().waits()) {
        stream.pace().waitsForUs(loop.nanoTime());
      } else {
        sweep(stream, loop.nanoTime());
      }
    }
    makeRoom();
    limits.tick();
    share.tick();
  }

  private void sweep(NodeStream stream, long now) {
    StreamPace pace = stream.pace();
    long unreadFor = pace.unreadNanos(now);
    long silentFor = pace.silentNanos(now);
    if (unreadFor >= most.late().toNanos()) {
      late(
          stream,
          PeerLimit.READ_TIME,
          unreadFor >= most.readTime().toNanos(),
          Sentences.doesNotRead(pace.unreadBytes(), unreadFor, most.readTime()));
    } else if (stream.begun() && silentFor >= most.late().toNanos()) {
      late(
          stream,
          PeerLimit.ANSWER_TIME,
          silentFor >= answerTime.toNanos(),
          Sentences.doesNotAnswer(stream.unansweredNonce(), silentFor, answerTime));
    } else if (!stream.begun() && silentFor >= PeerLimit.STREAM_BEGIN.value()) {
      String what = Sentences.neverBegins(PeerLimit.STREAM_BEGIN.time());
      end(stream, PeerLimit.STREAM_BEGIN, Status.DEADLINE_EXCEEDED, what);
    }
  }

  private void late(NodeStream stream, PeerLimit limit, boolean tooLate, String what) {
    if (tooLate) {
      end(stream, limit, Status.DEADLINE_EXCEEDED, what);
      return;
    }
    limits.goesOn(limit, stream.name(), stream.call().peer(), what);
    if (stream.pace().namedNow()) {
      limits.reached(PeerLimit.LATE);
    }
  }

  private void end(NodeStream stream, PeerLimit limit, Status status, String why) {
    limits.reached(limit, stream.name(), stream.call().peer(), why);
    ender.end(stream, status.withDescription(why));
  }
}
