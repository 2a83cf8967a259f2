package dev.weft.sidecar.discovery;

import dev.weft.common.Backoff;
import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.DiscoveryResponse;
import dev.weft.proto.discovery.v1.Move;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Logs;
import io.grpc.Channel;
import io.grpc.Status;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one stream open to one of the control planes: another is tried when it breaks, with
 * jittered back-off; asked to move, it has the next one accepted before it ends this one. Control
 * loop only.
 */
final class ControlPlaneStream {
  private static final System.Logger LOG = Logs.of(ControlPlaneStream.class);
  private static final long OPEN_SECONDS = Bound.CONTROL_OPEN_TIME.millis() / 1000;

  /** The registration moves along within this; then the former connection is of no more use. */
  private static final long RETIRE_SECONDS = 2 * Bound.REGISTER_TIME.millis() / 1000;

  /** Beyond one for each address. */
  private static final int WRONG_TURNS = 3;

  private final AddressChoice addresses;
  private final ControlPlaneChannels channels;
  private final EventLoop loop;
  private final RandomGenerator random;
  private final Backoff backoff;
  private final Backoff moveBackoff;
  private final Owner owner;
  private final Consumer<Bound> reached;
  private final AttemptEvents events = new AttemptEvents();
  private ControlPlaneAddress address;
  private @Nullable InetSocketAddress resolved;
  private long epoch;
  private @Nullable StreamAttempt attempt;

  /** What is to take the place of the open stream. */
  private @Nullable StreamAttempt successor;

  /** The replicas to which it may move; empty: any. */
  private List<String> moveTo = List.of();

  /** How many of them may turn out to be another than one of these before it stays. */
  private int wrongTurns;

  /** Until when a move that was asked for is tried; null: none is. */
  private @Nullable Long moveUntilNanos;

  private boolean connected;

  /** Whether anything has come over the open stream: one that is refused is open for a moment. */
  private boolean heard;

  private boolean closed;
  private long moves;
  private String problem = "not connected yet";
  private String lastSaid = "";

  /** Told on the control loop. */
  interface Owner {
    /** A new stream is open, the first or in the place of another; the first request is due now. */
    void opened(Channel channel);

    /** One response; the next comes after {@link ControlPlaneStream#next}. */
    void received(DiscoveryResponse response);

    /** The stream that was open is gone, and no other has taken its place. */
    void lost();

    /** An attempt to open one has failed, or the open one has gone. */
    void unavailable();
  }

  ControlPlaneStream(
      List<ControlPlaneAddress> addresses,
      ControlPlaneChannels channels,
      EventLoop loop,
      RandomGenerator random,
      Owner owner,
      Consumer<Bound> reached) {
    this.reached = reached;
    this.addresses = new AddressChoice(addresses, random);
    this.address = this.addresses.next(null);
    this.channels = channels;
    this.loop = loop;
    this.random = random;
    this.backoff = new Backoff(100_000_000L, Backoff.RECONNECT_MAX_NANOS, random);
    this.moveBackoff = new Backoff(100_000_000L, Backoff.RECONNECT_MAX_NANOS, random);
    this.owner = owner;
  }

  void connect() {
    if (closed || attempt != null) {
      return;
    }
    epoch++;
    heard = false;
    attempt = begin(address);
  }

  private StreamAttempt begin(ControlPlaneAddress to) {
    return new StreamAttempt(
        to, channels, loop, events, OPEN_SECONDS, resolved, random.nextInt(Integer.MAX_VALUE));
  }

  boolean connected() {
    return connected;
  }

  ControlPlaneAddress address() {
    return address;
  }

  /** What the control plane calls itself; empty: there is none, or it does not say. */
  String replica() {
    StreamAttempt current = attempt;
    return current == null ? "" : current.replica();
  }

  /** How often the stream was replaced by another one before it ended. */
  long moves() {
    return moves;
  }

  /** Why there is no stream; empty when there is one. */
  String problem() {
    return problem;
  }

  void send(DiscoveryRequest request) {
    StreamAttempt current = attempt;
    if (connected && current != null) {
      current.send(request);
    }
  }

  /** The last response has been dealt with. */
  void next() {
    StreamAttempt current = attempt;
    if (current != null) {
      current.next();
    }
  }

  /** Changes with every attempt: what belonged to an earlier stream is recognised by it. */
  long epoch() {
    return epoch;
  }

  void close() {
    closed = true;
    stopMoving();
    StreamAttempt current = attempt;
    if (current != null) {
      attempt = null;
      current.end();
    }
    if (connected) {
      connected = false;
      owner.lost();
    }
  }

  // ---- moving

  private void askedToMove(Move move) {
    if (successor != null) {
      return;
    }
    long delayMillis = random.nextLong(Math.max(0, move.getWithinMillis()) + 1);
    LOG.log(
        System.Logger.Level.INFO,
        "control plane {0} asks to move to another one in {1} ms: {2}",
        address,
        delayMillis,
        move.getReason());
    // In the place of an earlier request: what asks again has less time.
    Long until =
        System.nanoTime()
            + TimeUnit.MILLISECONDS.toNanos(delayMillis + Bound.CONTROL_MOVE_TIME.millis());
    moveUntilNanos = until;
    moveTo = List.copyOf(move.getToList());
    wrongTurns = addresses.count() + WRONG_TURNS;
    moveBackoff.reset();
    loop.schedule(() -> moveOn(until), delayMillis, TimeUnit.MILLISECONDS);
  }

  private void moveOn(Long until) {
    if (closed || !until.equals(moveUntilNanos) || successor != null) {
      return;
    }
    if (System.nanoTime() - until > 0) {
      reached.accept(Bound.CONTROL_MOVE_TIME);
      stopMoving();
    } else {
      successor = begin(addresses.next(address));
    }
  }

  /** Another replica than it should be, which behind one address for all is found out only now. */
  private void notThatOne(StreamAttempt next) {
    next.end();
    successor = null;
    Long until = moveUntilNanos;
    wrongTurns--;
    if (until != null && wrongTurns > 0) {
      moveOn(until);
    } else {
      stopMoving();
    }
  }

  private void takeOver(StreamAttempt next) {
    StreamAttempt former = attempt;
    LOG.log(
        System.Logger.Level.INFO, "moved from control plane {0} to {1}", address, next.address());
    successor = null;
    moveUntilNanos = null;
    attempt = next;
    address = next.address();
    resolved = next.resolved();
    epoch++;
    moves++;
    owner.opened(next.channel());
    if (former != null) {
      former.retire(RETIRE_SECONDS);
    }
  }

  private void moveFailed(StreamAttempt which, String why) {
    which.end();
    successor = null;
    LOG.log(System.Logger.Level.DEBUG, "not moved to {0} yet: {1}", which.address(), why);
    Long until = moveUntilNanos;
    if (until != null) {
      loop.schedule(() -> moveOn(until), moveBackoff.nextNanos(), TimeUnit.NANOSECONDS);
    }
  }

  private void stopMoving() {
    moveUntilNanos = null;
    StreamAttempt next = successor;
    successor = null;
    if (next != null) {
      next.end();
    }
  }

  // ---- breaking

  private void broken(StreamAttempt which, String why) {
    if (which == successor) {
      moveFailed(which, why);
      return;
    }
    if (which != attempt) {
      return;
    }
    attempt = null;
    which.end();
    problem = which.address() + ": " + why;
    boolean was = connected;
    connected = false;
    boolean lost = was && heard;
    if (lost || !problem.equals(lastSaid)) {
      lastSaid = problem;
      LOG.log(
          // A stream that has lived as long as our token is no trouble: the next one shows the
          // next.
          lost && why.startsWith(Status.Code.UNAUTHENTICATED.name())
              ? System.Logger.Level.INFO
              : System.Logger.Level.WARNING,
          "control plane {0}: {1}; what is held stays in force",
          lost ? "lost" : "not reached",
          problem);
    }
    if (was) {
      owner.lost();
    }
    owner.unavailable();
    if (!closed) {
      goOn();
    }
  }

  /** With what was to be the next one anyway, else after a while with another. */
  private void goOn() {
    StreamAttempt next = successor;
    successor = null;
    moveUntilNanos = null;
    if (next == null) {
      address = addresses.next(address);
      loop.schedule(this::connect, backoff.nextNanos(), TimeUnit.NANOSECONDS);
      return;
    }
    epoch++;
    heard = false;
    address = next.address();
    attempt = next;
    if (next.isReady()) {
      open(next);
    }
  }

  private void open(StreamAttempt which) {
    connected = true;
    problem = "";
    resolved = which.resolved();
    owner.opened(which.channel());
  }

  private void hear() {
    if (!heard) {
      heard = true;
      lastSaid = "";
      LOG.log(System.Logger.Level.INFO, "connected to control plane {0}", address);
    }
  }

  private void count(Status status) {
    String text = String.valueOf(status.getDescription());
    if (status.getCode() == Status.Code.RESOURCE_EXHAUSTED
        && text.startsWith("gRPC message exceeds")) {
      reached.accept(Bound.CONTROL_RESPONSE);
    } else if (status.getCause() instanceof ConnectTimeoutException) {
      reached.accept(Bound.CONTROL_CONNECT_TIME);
    } else if (text.startsWith("Keepalive failed")) {
      reached.accept(Bound.CONTROL_SILENCE);
    }
  }

  private String explain(StreamAttempt which, Status status) {
    String tls = which == attempt && heard ? "" : channels.tlsProblem(status);
    if (!tls.isEmpty()) {
      return tls;
    }
    var text = new StringBuilder(status.getCode().name());
    if (status.getDescription() != null) {
      text.append(' ').append(status.getDescription());
    }
    Throwable cause = status.getCause();
    if (cause != null && cause.getMessage() != null) {
      text.append(" (").append(cause.getMessage()).append(')');
    }
    return text.toString();
  }

  private final class AttemptEvents implements StreamAttempt.Events {
    @Override
    public void ready(StreamAttempt which) {
      if (which == attempt && !connected) {
        open(which);
      } else {
        accepted(which);
      }
    }

    @Override
    public void accepted(StreamAttempt which) {
      if (which == successor && which.isReady() && which.isAccepted()) {
        if (moveTo.isEmpty() || moveTo.contains(which.replica())) {
          takeOver(which);
        } else {
          notThatOne(which);
        }
      }
    }

    @Override
    public void received(StreamAttempt which, DiscoveryResponse response) {
      if (which != attempt) {
        return;
      }
      hear();
      backoff.reset();
      if (response.hasMove()) {
        askedToMove(response.getMove());
        which.next();
      } else {
        owner.received(response);
      }
    }

    @Override
    public void tooLate(StreamAttempt which) {
      if (which == successor || (which == attempt && !connected)) {
        reached.accept(Bound.CONTROL_OPEN_TIME);
        broken(which, "no stream within " + OPEN_SECONDS + " s");
      }
    }

    @Override
    public void unknown(StreamAttempt which) {
      broken(which, "its name is not known");
    }

    @Override
    public void failed(StreamAttempt which, Status status) {
      count(status);
      broken(which, status.isOk() ? "it ended the stream" : explain(which, status));
    }
  }
}
