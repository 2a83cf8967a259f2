package dev.weft.sidecar.tls;

import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.Telemetry;
import dev.weft.sidecar.tls.certificate.FileWatch;
import dev.weft.sidecar.tls.certificate.PeerCertificate;
import dev.weft.sidecar.tls.certificate.TlsFileException;
import dev.weft.testkit.TestCa;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A server that terminates TLS and says, for every line, what it knows of its caller. */
final class TlsServer implements AutoCloseable {
  final FileWatch watch = new FileWatch();
  final Telemetry telemetry = new Telemetry(null);
  final ServerTls tls;
  final AtomicLong nanos = new AtomicLong();
  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final Channel channel;

  TlsServer(ServerTlsFiles files, int maxHandshakes, long timeoutMillis) throws TlsFileException {
    tls =
        ServerTls.open(
            "test", files, List.of("h2", "http/1.1"), watch, InstantSource.system(), nanos::get);
    var acceptor =
        new TlsAcceptor(
            tls,
            new Handshakes(telemetry.newWorker(), Direction.INBOUND, maxHandshakes, timeoutMillis),
            false);
    channel =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel connection) {
                    connections.add(connection);
                    acceptor.accept(
                        connection,
                        (context, alpn, peer) ->
                            context.pipeline().addLast(new Talker(alpn, peer)));
                  }
                })
            .bind(new InetSocketAddress("127.0.0.1", 0))
            .syncUninterruptibly()
            .channel();
  }

  static TlsServer with(TestCa ca, Path folder, String... names) throws TlsFileException {
    return new TlsServer(files(ca, folder, names), 100, 10_000);
  }

  static ServerTlsFiles files(TestCa ca, Path folder, String... names) {
    Path crt = ca.issue("server", names).write(folder, "server");
    return new ServerTlsFiles(crt, folder.resolve("server.key"), null, false);
  }

  int port() {
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  /** What a counter of the scrape says; 0 when it is not there. */
  double count(String name) {
    return telemetry
        .scrape()
        .lines()
        .filter(line -> line.startsWith("weft_" + name) && line.contains("inbound"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  @Override
  public void close() {
    watch.close();
    channel.close().syncUninterruptibly();
    connections.close().syncUninterruptibly();
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    tls.close();
  }

  private static final class Talker extends ChannelInboundHandlerAdapter {
    private final String greeting;

    Talker(@Nullable String alpn, @Nullable PeerCertificate peer) {
      greeting =
          alpn
              + " "
              + (peer == null ? "nobody" : new String(peer.forwarded(), StandardCharsets.UTF_8))
              + "\n";
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ((ByteBuf) message).release();
      context.writeAndFlush(ByteBufUtil.writeUtf8(context.alloc(), greeting));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }
}
