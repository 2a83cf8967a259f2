package dev.weft.controlplane.discovery.pace;

import dev.weft.controlplane.limit.PeerLimit;
import java.time.Duration;

/** What is said of a sidecar that reaches a limit: what it does, and what to do about it. Pure. */
public final class Sentences {
  private Sentences() {}

  /** It is sent something and takes nothing. */
  public static String doesNotRead(int bytes, long nanos, Duration most) {
    return "has not read for "
        + seconds(nanos)
        + " what it was sent ("
        + Math.max(1, bytes / 1024)
        + " KiB): the network to it carries hardly anything, or its process stands still; after "
        + most.toSeconds()
        + " s its stream is ended ("
        + limit(PeerLimit.READ_TIME)
        + ")";
  }

  /** It takes what it is sent, and says nothing about it. */
  public static String doesNotAnswer(String nonce, long nanos, Duration most) {
    return "has neither accepted nor refused response "
        + nonce
        + " for "
        + seconds(nanos)
        + ": its process has no CPU or stands still (a long collection?), or is no sidecar; after "
        + most.toSeconds()
        + " s its stream is ended ("
        + limit(PeerLimit.ANSWER_TIME)
        + ")";
  }

  /** It does not read, and the room is needed for others. */
  public static String makesRoom(long nanos, long most) {
    return "has not read for "
        + seconds(nanos)
        + " what it was sent, and all responses that nobody reads may take "
        + (most >> 20)
        + " MiB together ("
        + limit(PeerLimit.UNREAD)
        + "): it makes room for others; the network to it carries hardly anything, or its process"
        + " stands still";
  }

  /** It opens a stream and says nothing. */
  public static String neverBegins(Duration most) {
    return "no first request with a node within "
        + most.toSeconds()
        + " s ("
        + limit(PeerLimit.STREAM_BEGIN)
        + "): what calls this port is no sidecar";
  }

  /** There are too many of them. */
  public static String tooManyStreams(int most) {
    return "this replica serves "
        + most
        + " sidecars already ("
        + limit(PeerLimit.STREAMS)
        + "): try another replica, or add one";
  }

  /** Too many wait until a revision is in force. */
  public static String tooManyWait() {
    return PeerLimit.SYNC_WAITERS.value()
        + " calls wait at this replica until sidecars have a revision in force ("
        + limit(PeerLimit.SYNC_WAITERS)
        + "): what was written is written; ask again later with weft proxy-status";
  }

  /** All together want too much, and it wants most. */
  public static String greediest(int names, long all, long most) {
    return "subscribes to "
        + names
        + " names, the most of all sidecars of this replica, which together subscribe to "
        + all
        + " where its memory allows "
        + most
        + " ("
        + limit(PeerLimit.NAMES_TOTAL)
        + "): lower its --max-hosts, or give the control plane more memory or replicas";
  }

  /** It asks for more than its share of the engine's time. */
  public static String takesTooMuch(int detours) {
    return "asks for so much that serving it takes more than "
        + PeerLimit.ENGINE_SHARE.text()
        + " of this replica's time: "
        + detours
        + " of its requests had to wait in the slow lane ("
        + limit(PeerLimit.ENGINE_SHARE)
        + "): does it subscribe and unsubscribe in a loop? See its /config and --max-hosts";
  }

  /** It refuses whatever it is sent. */
  public static String refusesAll(String what) {
    return "refuses again and again what it is sent, last "
        + what
        + "; the next response waits ("
        + limit(PeerLimit.REFUSALS)
        + "): is it of another version than the control plane? Restart it with the same";
  }

  /** Another one says that it is the same. */
  public static String contested(String newcomer, String incumbent) {
    return "two sidecars say that they are this node: the one at "
        + incumbent
        + " is served, the one at "
        + newcomer
        + " is refused ("
        + limit(PeerLimit.NODE_TAKEOVERS)
        + "): start each with a --node-id of its own (on Kubernetes it is the pod's name)";
  }

  /** The same for the one that is refused: always in the same words, so that it logs them once. */
  public static String taken(String node) {
    return "another sidecar says that it is the node "
        + node
        + ", and is served ("
        + limit(PeerLimit.NODE_TAKEOVERS)
        + "): start each with a --node-id of its own (on Kubernetes it is the pod's name); weft"
        + " proxy-status shows where both are";
  }

  /** It comes again and again. */
  public static String tooOften() {
    return "has opened more than "
        + PeerLimit.NODE_STREAMS.value()
        + " streams within a minute ("
        + limit(PeerLimit.NODE_STREAMS)
        + "): it may come again every "
        + Duration.ofMinutes(1).toSeconds() / PeerLimit.NODE_STREAMS.value()
        + " s; its log says why it loses them";
  }

  /** A limit, as the guide calls it. */
  public static String limit(PeerLimit limit) {
    return "limit " + limit.label();
  }

  private static String seconds(long nanos) {
    return nanos / 1_000_000_000L + " s";
  }
}
