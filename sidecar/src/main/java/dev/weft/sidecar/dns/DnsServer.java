package dev.weft.sidecar.dns;

import dev.weft.common.config.DnsNameConfig;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Listens for DNS, over UDP and TCP, on a port for each name server. Made and closed by any thread;
 * everything else is on the control loop, but for the numbers.
 */
public final class DnsServer implements AutoCloseable {
  /** What stands before a name where it is asked for; no authority has a slash. */
  public static final String PREFIX = "dns/";

  static final int LARGEST = Bound.DNS_MESSAGE.intValue();

  private static final int MAX_QUERIES = Bound.DNS_QUERIES.intValue();
  private static final int MAX_QUERY_BYTES = Bound.DNS_QUERY_BYTES.intValue();

  private final EventLoop loop;
  private final DnsSockets sockets;
  private final Consumer<Bound> reached;
  private final NameLookup names;
  private final List<Channel> channels = new ArrayList<>();
  private final AtomicInteger underWay = new AtomicInteger();
  private final AtomicInteger queryBytes = new AtomicInteger();
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicLong answered = new AtomicLong();
  private final AtomicLong passed = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();

  private DnsServer(EventLoop loop, DnsSockets sockets, MeshNames mesh, Consumer<Bound> reached) {
    this.loop = loop;
    this.sockets = sockets;
    this.reached = reached;
    this.names = new NameLookup(mesh, loop, reached);
  }

  /**
   * One port.
   *
   * @param local where it listens
   * @param nameServer where goes what we do not answer
   */
  public record Port(InetSocketAddress local, InetSocketAddress nameServer) {}

  /**
   * Binds all ports; blocks until they are bound.
   *
   * @param reached counts a bound that was reached
   * @throws IOException one line that says which address could not be bound and why
   */
  public static DnsServer bind(
      List<Port> ports, EventLoop loop, DnsSockets sockets, MeshNames mesh, Consumer<Bound> reached)
      throws IOException {
    var server = new DnsServer(loop, sockets, mesh, reached);
    try {
      for (Port port : ports) {
        var udp = sockets.datagram(port.local().getAddress() instanceof Inet6Address);
        prepareDatagrams(udp);
        InetSocketAddress bound = server.bind(udp, new UdpPort(server, port), port.local());
        Channel tcp = sockets.server();
        tcp.config().setOption(ChannelOption.SO_REUSEADDR, true);
        server.bind(tcp, new TcpPort(server, port), bound);
      }
    } catch (IOException e) {
      server.close();
      throw e;
    }
    return server;
  }

  /** The ports, in their order; those that were given where 0 was asked for. */
  public List<Integer> ports() {
    var all = new ArrayList<Integer>();
    for (int i = 0; i < channels.size(); i += 2) {
      all.add(((InetSocketAddress) channels.get(i).localAddress()).getPort());
    }
    return all;
  }

  /** Control loop: what is known of names has changed. */
  public void changed() {
    names.changed();
  }

  /** Queries that were answered for names of the mesh; any thread, as the others below. */
  public long answered() {
    return answered.get();
  }

  /** Queries that went on to their name server. */
  public long passed() {
    return passed.get();
  }

  /** Queries that were told that there is no answer, because it could not be asked for. */
  public long failed() {
    return failed.get();
  }

  /** Queries that wait for an answer. */
  public int underWay() {
    return underWay.get();
  }

  /** Bytes of them, which are kept until then. */
  public int queryBytes() {
    return queryBytes.get();
  }

  /** Connections of those who ask by TCP. */
  public int connections() {
    return connections.get();
  }

  @Override
  public void close() {
    channels.forEach(Channel::close);
    if (!loop.isShuttingDown()) {
      loop.execute(names::close);
    }
  }

  private InetSocketAddress bind(Channel channel, ChannelHandler handler, InetSocketAddress address)
      throws IOException {
    channel.pipeline().addLast(handler);
    ChannelFuture bound = loop.register(channel).awaitUninterruptibly();
    if (bound.isSuccess()) {
      bound = channel.bind(address).awaitUninterruptibly();
    }
    Throwable cause = bound.cause();
    if (cause != null) {
      channel.close();
      throw new IOException(
          "cannot listen on "
              + address.getHostString()
              + ":"
              + address.getPort()
              + " (DNS): "
              + cause.getMessage(),
          cause);
    }
    channels.add(channel);
    return (InetSocketAddress) channel.localAddress();
  }

  /** A message that does not fit would be cut. */
  static void prepareDatagrams(Channel channel) {
    channel
        .config()
        .setOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(LARGEST));
  }

  // ---- for the parts of this package, on the control loop

  EventLoop loop() {
    return loop;
  }

  DnsSockets sockets() {
    return sockets;
  }

  AtomicInteger openConnections() {
    return connections;
  }

  void reached(Bound bound) {
    reached.accept(bound);
  }

  /** One more query; false: there are too many. Whoever got true calls {@link #end} once. */
  boolean begin(ByteBuf query) {
    boolean many = underWay.get() >= MAX_QUERIES;
    if (many || queryBytes.get() + query.readableBytes() > MAX_QUERY_BYTES) {
      reached.accept(many ? Bound.DNS_QUERIES : Bound.DNS_QUERY_BYTES);
      return false;
    }
    underWay.incrementAndGet();
    queryBytes.addAndGet(query.readableBytes());
    return true;
  }

  /** It is over for a query, whose bytes are released. */
  void end(ByteBuf query) {
    queryBytes.addAndGet(-query.readableBytes());
    underWay.decrementAndGet();
    query.release();
  }

  void countPassed() {
    passed.incrementAndGet();
  }

  void countFailed() {
    failed.incrementAndGet();
  }

  /** Tells, at once or soon, what becomes of a query. */
  void look(DnsQuery query, NameLookup.Told told) {
    names.look(query.name(), told);
  }

  /**
   * Our own answer; null: the original resolver is to say it. So it is where we know addresses of
   * instances, but none of that family: they may have some that we do not know.
   */
  @Nullable ByteBuf answer(
      ByteBuf message, DnsQuery query, @Nullable DnsNameConfig name, int most) {
    if (name == null
        || !query.asksForAddresses()
        || !names.sure(name)
        || (name.instances() && DnsAnswer.countOf(name, query.type()) == 0)) {
      return null;
    }
    answered.incrementAndGet();
    return addresses(message, query, name, most);
  }

  /**
   * What is said instead of a response of the original resolver: as a rule that itself. But where
   * it says that a name of the mesh does not exist, it does not know the mesh, and who asks would
   * take it to heart for every type.
   *
   * @param response handed over
   */
  ByteBuf instead(Asked asked, ByteBuf response, int most) {
    DnsQuery query = asked.read();
    DnsNameConfig name = asked.name();
    if (query == null || name == null || !DnsAnswer.saysUnknown(response)) {
      return response;
    }
    response.release();
    answered.incrementAndGet();
    return query.asksForAddresses()
        ? addresses(asked.query(), query, name, most)
        : DnsAnswer.noData(PooledByteBufAllocator.DEFAULT, asked.query(), query);
  }

  private ByteBuf addresses(ByteBuf message, DnsQuery query, DnsNameConfig name, int most) {
    // Not in turn: who asks for two names alternately would get the same of each every time.
    int first = ThreadLocalRandom.current().nextInt();
    return DnsAnswer.addresses(PooledByteBufAllocator.DEFAULT, message, query, name, first, most);
  }
}
