package dev.weft.sidecar.discovery;

import dev.weft.common.Backoff;
import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.DiscoveryResponse;
import dev.weft.proto.discovery.v1.DiscoveryServiceGrpc;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Logs;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one stream open to one of the control planes: another is tried when it breaks, with
 * jittered back-off. A stream that cannot be opened in time counts as broken. Control loop only.
 */
final class ControlPlaneStream {
  private static final System.Logger LOG = Logs.of(ControlPlaneStream.class);
  private static final long OPEN_SECONDS = Bound.CONTROL_OPEN_TIME.millis() / 1000;

  private final List<ControlPlaneAddress> addresses;
  private final ControlPlaneChannels channels;
  private final EventLoop loop;
  private final Backoff backoff;
  private final Owner owner;
  private final Consumer<Bound> reached;
  private int index;
  private long epoch;
  private @Nullable Attempt attempt;
  private boolean connected;

  /** Whether anything has come over the open stream: one that is refused is open for a moment. */
  private boolean heard;

  private boolean closed;
  private String problem = "not connected yet";
  private String lastSaid = "";

  /** Told on the control loop. */
  interface Owner {
    /** A new stream is open; the first request is to be sent now. */
    void opened(Channel channel);

    /** One response; the next comes after {@link ControlPlaneStream#next}. */
    void received(DiscoveryResponse response);

    /** The stream that was open is gone. */
    void lost();

    /** An attempt to open one has failed, or the open one has gone. */
    void unavailable();
  }

  /**
   * @param first which address to begin with: not all sidecars the same
   */
  ControlPlaneStream(
      List<ControlPlaneAddress> addresses,
      int first,
      ControlPlaneChannels channels,
      EventLoop loop,
      Backoff backoff,
      Owner owner,
      Consumer<Bound> reached) {
    this.reached = reached;
    this.addresses = addresses;
    this.index = first;
    this.channels = channels;
    this.loop = loop;
    this.backoff = backoff;
    this.owner = owner;
  }

  void connect() {
    if (closed) {
      return;
    }
    epoch++;
    heard = false;
    var next = new Attempt(address());
    attempt = next;
    next.watchdog = loop.schedule(next::tooLate, OPEN_SECONDS, TimeUnit.SECONDS);
    String host = next.address.host();
    if (NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host)) {
      next.resolve();
    } else {
      // A name server may take its time, and the control loop has none.
      var resolver = new Thread(null, next::resolve, "weft-resolve", 0, false);
      resolver.setDaemon(true);
      resolver.start();
    }
  }

  boolean connected() {
    return connected;
  }

  ControlPlaneAddress address() {
    return addresses.get(index);
  }

  /** Why there is no stream; empty when there is one. */
  String problem() {
    return problem;
  }

  void send(DiscoveryRequest request) {
    Attempt current = attempt;
    if (connected && current != null && current.requests != null) {
      current.requests.onNext(request);
    }
  }

  /** The last response has been dealt with. */
  void next() {
    Attempt current = attempt;
    if (current != null && current.requests != null) {
      current.requests.request(1);
    }
  }

  /** Changes with every attempt: what belonged to an earlier stream is recognised by it. */
  long epoch() {
    return epoch;
  }

  void close() {
    closed = true;
    Attempt current = attempt;
    if (current != null) {
      attempt = null;
      current.end();
    }
    if (connected) {
      connected = false;
      owner.lost();
    }
  }

  private void broken(Attempt which, String why) {
    if (attempt != which) {
      return;
    }
    attempt = null;
    which.end();
    problem = which.address + ": " + why;
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
    index = (index + 1) % addresses.size();
    if (was) {
      owner.lost();
    }
    owner.unavailable();
    if (!closed) {
      loop.schedule(this::connect, backoff.nextNanos(), TimeUnit.NANOSECONDS);
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

  private String explain(Throwable failure) {
    Status status = Status.fromThrowable(failure);
    String tls = heard ? "" : channels.tlsProblem(status);
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

  /** One channel with one stream. */
  private final class Attempt
      implements ClientResponseObserver<DiscoveryRequest, DiscoveryResponse> {
    final ControlPlaneAddress address;
    @Nullable ScheduledFuture<?> watchdog;
    @Nullable ManagedChannel channel;
    @Nullable ClientCallStreamObserver<DiscoveryRequest> requests;

    Attempt(ControlPlaneAddress address) {
      this.address = address;
    }

    // On the control loop, or on a thread of its own.
    void resolve() {
      try {
        InetSocketAddress resolved = ControlPlaneChannels.resolve(address);
        onLoop(() -> open(resolved));
      } catch (UnknownHostException e) {
        onLoop(() -> broken(this, "its name is not known"));
      }
    }

    private void open(InetSocketAddress resolved) {
      if (attempt != this) {
        return;
      }
      ManagedChannel made = channels.open(address, resolved);
      channel = made;
      DiscoveryServiceGrpc.newStub(made).streamResources(this);
    }

    void tooLate() {
      if (!connected) {
        reached.accept(Bound.CONTROL_OPEN_TIME);
        broken(this, "no stream within " + OPEN_SECONDS + " s");
      }
    }

    void end() {
      if (watchdog != null) {
        watchdog.cancel(false);
      }
      if (channel != null) {
        channel.shutdownNow();
      }
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<DiscoveryRequest> stream) {
      requests = stream;
      stream.disableAutoRequestWithInitial(1);
      stream.setOnReadyHandler(() -> onLoop(this::ready));
    }

    private void ready() {
      ManagedChannel open = channel;
      if (attempt != this || connected || open == null) {
        return;
      }
      connected = true;
      problem = "";
      owner.opened(open);
    }

    private void hear() {
      if (!heard) {
        heard = true;
        lastSaid = "";
        LOG.log(System.Logger.Level.INFO, "connected to control plane {0}", address);
      }
    }

    @Override
    public void onNext(DiscoveryResponse response) {
      onLoop(
          () -> {
            if (attempt == this) {
              hear();
              backoff.reset();
              owner.received(response);
            }
          });
    }

    @Override
    public void onError(Throwable failure) {
      onLoop(
          () -> {
            count(Status.fromThrowable(failure));
            broken(this, explain(failure));
          });
    }

    @Override
    public void onCompleted() {
      onLoop(() -> broken(this, "it ended the stream"));
    }

    // The channel's work is done by the control loop, but for a call that fails as it is started.
    private void onLoop(Runnable task) {
      if (loop.inEventLoop()) {
        task.run();
      } else {
        loop.execute(task);
      }
    }
  }
}
