package dev.weft.sidecar.discovery;

import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.DiscoveryResponse;
import dev.weft.proto.discovery.v1.DiscoveryServiceGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One channel with one stream, from the look-up of its address to its end. Control loop only. */
final class StreamAttempt extends ClientCall.Listener<DiscoveryResponse> {
  /** What a control plane calls itself, in the headers with which it accepts a stream. */
  static final Metadata.Key<String> REPLICA =
      Metadata.Key.of("weft-replica", Metadata.ASCII_STRING_MARSHALLER);

  private final ControlPlaneAddress address;
  private final EventLoop loop;
  private final Events events;
  private final ScheduledFuture<?> watchdog;
  private @Nullable InetSocketAddress resolved;
  private @Nullable ManagedChannel channel;
  private @Nullable ClientCall<DiscoveryRequest, DiscoveryResponse> call;
  private boolean ready;
  private boolean accepted;
  private boolean over;
  private String replica = "";

  /** Told on the control loop; nothing after {@link #end} or {@link #retire}. */
  interface Events {
    /** Requests can be sent. */
    void ready(StreamAttempt which);

    /** The control plane has taken it. */
    void accepted(StreamAttempt which);

    void received(StreamAttempt which, DiscoveryResponse response);

    /** It could not be opened in time. */
    void tooLate(StreamAttempt which);

    /** Its address is not known. */
    void unknown(StreamAttempt which);

    void failed(StreamAttempt which, Status status);
  }

  /**
   * Begins at once.
   *
   * @param openSeconds within which it is to be accepted or at least ready
   * @param avoid an address that another one is preferred to, where a name has several
   * @param drawn chooses among them
   */
  StreamAttempt(
      ControlPlaneAddress address,
      ControlPlaneChannels channels,
      EventLoop loop,
      Events events,
      long openSeconds,
      @Nullable InetSocketAddress avoid,
      int drawn) {
    this.address = address;
    this.loop = loop;
    this.events = events;
    watchdog = loop.schedule(this::tooLate, openSeconds, TimeUnit.SECONDS);
    Runnable resolve = () -> resolve(channels, avoid, drawn);
    if (AddressChoice.isName(address)) {
      // A name server may take its time, and the control loop has none.
      var resolver = new Thread(null, resolve, "weft-resolve", 0, false);
      resolver.setDaemon(true);
      resolver.start();
    } else {
      // Not before whoever made this knows of it.
      loop.execute(resolve);
    }
  }

  ControlPlaneAddress address() {
    return address;
  }

  /** Where exactly; null: it is not resolved yet. */
  @Nullable InetSocketAddress resolved() {
    return resolved;
  }

  /** What the control plane calls itself; empty: it has not said so. */
  String replica() {
    return replica;
  }

  boolean isReady() {
    return ready;
  }

  boolean isAccepted() {
    return accepted;
  }

  /** Only once it is ready. */
  Channel channel() {
    ManagedChannel made = channel;
    if (made == null) {
      throw new IllegalStateException("the stream to " + address + " is not open yet");
    }
    return made;
  }

  void send(DiscoveryRequest request) {
    if (call != null && !over) {
      call.sendMessage(request);
    }
  }

  /** Lets the next response come. */
  void next() {
    if (call != null && !over) {
      call.request(1);
    }
  }

  /** At once, with every call on its channel. */
  void end() {
    over = true;
    watchdog.cancel(false);
    if (channel != null) {
      channel.shutdownNow();
    }
  }

  /** Ends the stream, and the channel when its other calls have ended, or when the time is over. */
  void retire(long seconds) {
    over = true;
    watchdog.cancel(false);
    ManagedChannel open = channel;
    if (call != null) {
      call.halfClose();
      // So that its end is read, too.
      call.request(1);
    }
    if (open != null) {
      open.shutdown();
      loop.schedule(open::shutdownNow, seconds, TimeUnit.SECONDS);
    }
  }

  // On the control loop, or on a thread of its own.
  private void resolve(
      ControlPlaneChannels channels, @Nullable InetSocketAddress avoid, int drawn) {
    try {
      InetSocketAddress one = AddressChoice.resolve(address, avoid, drawn);
      onLoop(() -> open(channels, one));
    } catch (UnknownHostException e) {
      onLoop(
          () -> {
            if (!over) {
              events.unknown(this);
            }
          });
    }
  }

  private void open(ControlPlaneChannels channels, InetSocketAddress one) {
    if (over) {
      return;
    }
    resolved = one;
    ManagedChannel made = channels.open(address, one);
    channel = made;
    ClientCall<DiscoveryRequest, DiscoveryResponse> begun =
        made.newCall(DiscoveryServiceGrpc.getStreamResourcesMethod(), CallOptions.DEFAULT);
    call = begun;
    begun.start(this, new Metadata());
    begun.request(1);
  }

  private void tooLate() {
    if (!over) {
      events.tooLate(this);
    }
  }

  @Override
  public void onReady() {
    onLoop(
        () -> {
          if (!over && !ready) {
            ready = true;
            events.ready(this);
          }
        });
  }

  @Override
  public void onHeaders(Metadata headers) {
    String name = headers.get(REPLICA);
    onLoop(
        () -> {
          if (!over && !accepted) {
            accepted = true;
            replica = name == null ? "" : name;
            events.accepted(this);
          }
        });
  }

  @Override
  public void onMessage(DiscoveryResponse response) {
    onLoop(
        () -> {
          if (!over) {
            events.received(this, response);
          }
        });
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    onLoop(
        () -> {
          if (!over) {
            events.failed(this, status);
          }
        });
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
