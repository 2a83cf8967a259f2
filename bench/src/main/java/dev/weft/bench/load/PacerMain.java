package dev.weft.bench.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The generator's process: one event loop, keep-alive connections, prints {@link Figures#line}.
 * Arguments: port, host, connections, rate (0: as fast as answers come), seconds, folder of
 * certificates or an empty string.
 */
public final class PacerMain {
  /**
   * Before what is counted: this JVM warms up, on the processor that the application needs, too.
   */
  private static final long WARM_UP_MILLIS = 4000;

  /** From here on a request is late by our own fault, and a figure says more of us. */
  private static final long LATE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final EventLoop loop;
  private final ByteBuf request;
  private final double gapNanos;
  private final SplittableRandom random = new SplittableRandom(42);
  private final ArrayDeque<Connection> free = new ArrayDeque<>();
  private final ArrayDeque<Long> waiting = new ArrayDeque<>();
  private final Latency latency = new Latency();
  private long due;
  private boolean armed;
  private boolean stopped;
  private long errors;
  private long late;

  private PacerMain(EventLoop loop, String host, double rate) {
    this.loop = loop;
    this.gapNanos = rate > 0 ? 1e9 / rate : 0;
    byte[] bytes = Workload.http1(host, Workload.PATH).getBytes(StandardCharsets.US_ASCII);
    this.request = Unpooled.unreleasableBuffer(Unpooled.directBuffer(bytes.length));
    request.writeBytes(bytes);
  }

  public static void main(String[] arguments) throws Exception {
    int port = Integer.parseInt(arguments[0]);
    int connections = Integer.parseInt(arguments[2]);
    double rate = Double.parseDouble(arguments[3]);
    int seconds = Integer.parseInt(arguments[4]);
    var group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    EventLoop loop = group.next();
    var pacer = new PacerMain(loop, arguments[1], rate);
    SslContext tls = arguments[5].isEmpty() ? null : tls(Path.of(arguments[5]));
    for (int i = 0; i < connections; i++) {
      pacer.connect(port, tls);
    }
    loop.submit(pacer::begin).sync();
    loop.schedule(pacer::forgetWarmUp, WARM_UP_MILLIS, TimeUnit.MILLISECONDS);
    long counted = seconds * 1000L;
    loop.schedule(() -> pacer.stop(counted * 1000), WARM_UP_MILLIS + counted, TimeUnit.MILLISECONDS)
        .sync();
    System.exit(0);
  }

  private static SslContext tls(Path folder) throws IOException {
    return SslContextBuilder.forClient()
        .trustManager(folder.resolve("ca.pem").toFile())
        .keyManager(folder.resolve("cert.pem").toFile(), folder.resolve("key.pem").toFile())
        .protocols("TLSv1.3")
        .endpointIdentificationAlgorithm("")
        .build();
  }

  private void connect(int port, @Nullable SslContext tls) throws InterruptedException {
    var connection = new Connection();
    new Bootstrap()
        .group(loop)
        .channel(EpollSocketChannel.class)
        .option(ChannelOption.TCP_NODELAY, true)
        .handler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                if (tls != null) {
                  channel
                      .pipeline()
                      .addLast(tls.newHandler(ByteBufAllocator.DEFAULT, "localhost", port));
                }
                channel.pipeline().addLast(connection);
              }
            })
        .connect("127.0.0.1", port)
        .sync();
    loop.submit(() -> free.add(connection)).sync();
  }

  // On the loop from here on.

  private void begin() {
    due = System.nanoTime();
    if (gapNanos == 0) {
      while (!free.isEmpty()) {
        free.remove().send(System.nanoTime());
      }
    } else {
      pace();
    }
  }

  private void forgetWarmUp() {
    latency.clear();
    errors = 0;
    late = 0;
    // What this process could not send in time while it was cold is not the contender's delay.
    waiting.clear();
    due = System.nanoTime();
  }

  private void stop(long durationMicros) {
    stopped = true;
    System.out.println(
        new Figures(
                latency.count(),
                durationMicros,
                latency.percentileMicros(50),
                latency.percentileMicros(99),
                errors,
                latency.count() == 0 ? 0 : 100.0 * late / latency.count())
            .line());
    System.out.flush();
  }

  private void pace() {
    long now = System.nanoTime();
    while (due - now <= 0) {
      Connection next = free.poll();
      if (next == null) {
        waiting.add(due);
      } else {
        if (now - due > LATE_NANOS) {
          late++;
        }
        next.send(due);
      }
      due += (long) (-Math.log(1 - random.nextDouble()) * gapNanos) + 1;
    }
    if (!armed && !stopped) {
      armed = true;
      loop.schedule(
          () -> {
            armed = false;
            pace();
          },
          due - now,
          TimeUnit.NANOSECONDS);
    }
  }

  /** One request at a time. */
  private final class Connection extends ChannelInboundHandlerAdapter {
    private static final int UNKNOWN = -1;

    @SuppressWarnings("NullAway.Init") // Set when the handler is added.
    private ChannelHandlerContext ctx;

    private long since;
    private int length = UNKNOWN;
    private int received;
    private boolean good;

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
      ctx = context;
    }

    void send(long from) {
      since = from;
      received = 0;
      ctx.writeAndFlush(request.retainedDuplicate(), ctx.voidPromise());
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ByteBuf in = (ByteBuf) message;
      if (received == 0) {
        good = in.readableBytes() > 12 && in.getByte(in.readerIndex() + 9) == '2';
        if (length == UNKNOWN) {
          length = responseLength(in);
        }
      }
      received += in.readableBytes();
      in.release();
      if (received >= length) {
        answered();
      }
    }

    private void answered() {
      long now = System.nanoTime();
      if (good) {
        latency.record(now - since);
      } else {
        errors++;
      }
      if (stopped) {
        return;
      }
      if (gapNanos == 0) {
        send(now);
        return;
      }
      Long next = waiting.poll();
      if (next != null) {
        send(next);
      } else {
        free.push(this);
      }
      pace();
    }

    /** Of head and body; all answers on a connection are alike, and a head comes in one piece. */
    private int responseLength(ByteBuf in) {
      String text = in.toString(StandardCharsets.US_ASCII);
      int end = text.indexOf("\r\n\r\n");
      for (String line : text.substring(0, Math.max(end, 0)).split("\r\n")) {
        if (line.regionMatches(true, 0, "content-length:", 0, 15)) {
          return end + 4 + Integer.parseInt(line.substring(15).trim());
        }
      }
      throw new IllegalStateException("an answer without a length: " + text);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      if (!stopped) {
        errors++;
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      System.out.println("error: " + cause);
      context.close();
    }
  }
}
