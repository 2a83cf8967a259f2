package dev.weft.cli;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;

/**
 * As much of an API server as {@code weft port-forward} needs: the control plane's Service, pods
 * and authority in namespace {@code weft-system}, and a port-forward to ports of this machine, with
 * the framing of {@code v4.channel.k8s.io}. A real one is asked by {@link ClusterCommandsTest}.
 * Thread-safe.
 */
final class ForwardingApiServer implements AutoCloseable {
  private static final String NAMESPACE = "/api/v1/namespaces/weft-system/";
  private static final int MAX_BYTES = 1 << 20;
  private static final byte DATA = 0;
  private static final byte ERROR = 1;

  private record Pod(int port, boolean ready) {}

  private final MultiThreadIoEventLoopGroup threads =
      new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
  private final Channel server;
  private final Path authority;
  private final Map<String, Pod> pods = new ConcurrentSkipListMap<>();
  private final Map<Channel, String> forwarded = new ConcurrentHashMap<>();
  private final Set<String> forbidden = ConcurrentHashMap.newKeySet();

  /**
   * @param authority the file that says who signs the control planes' certificates
   */
  ForwardingApiServer(Path authority) {
    this.authority = authority;
    server =
        new ServerBootstrap()
            .group(threads)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(
                            new HttpServerCodec(),
                            new HttpObjectAggregator(MAX_BYTES),
                            new Requests());
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .syncUninterruptibly()
            .channel();
  }

  /**
   * A kubeconfig for it, of jane.
   *
   * @param user what proves that it is her, as a YAML flow without braces
   */
  Path kubeconfig(Path file, String user) throws IOException {
    return Files.writeString(
        file,
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}]
        contexts: [{name: here, context: {cluster: c, user: jane}}]
        users: [{name: jane, user: {%s}}]
        current-context: here
        """
            .formatted(((InetSocketAddress) server.localAddress()).getPort(), user));
  }

  /** There is such a pod of the control plane, whose port is one of this machine's. */
  void pod(String name, int port, boolean ready) {
    pods.put(name, new Pod(port, ready));
  }

  /** The pod is deleted; connections to it end. */
  void gone(String name) {
    pods.remove(name);
    forwarded.forEach(
        (channel, pod) -> {
          if (pod.equals(name)) {
            channel.close();
          }
        });
  }

  /** From now on jane may not have that resource, e.g. {@code pods/portforward}. */
  void forbid(String resource) {
    forbidden.add(resource);
  }

  @Override
  public void close() {
    server.close().syncUninterruptibly();
    threads.shutdownGracefully();
  }

  /** Answers what is asked by HTTP. */
  private final class Requests extends SimpleChannelInboundHandler<FullHttpRequest> {
    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request)
        throws IOException {
      String path = new QueryStringDecoder(request.uri()).path();
      if (!path.startsWith(NAMESPACE)) {
        answer(context, HttpResponseStatus.NOT_FOUND, status("NotFound", "no " + path, 404));
        return;
      }
      String[] parts = path.substring(NAMESPACE.length()).split("/", -1);
      String resource = parts.length == 3 ? parts[0] + '/' + parts[2] : parts[0];
      if (forbidden.contains(resource)) {
        String message = resource + " is forbidden: User jane cannot have resource " + resource;
        answer(context, HttpResponseStatus.FORBIDDEN, status("Forbidden", message, 403));
        return;
      }
      switch (resource) {
        case "services" ->
            answer(
                context,
                HttpResponseStatus.OK,
                """
                {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "weft-control-plane"},
                 "spec": {"selector": {"app": "weft"}}}
                """);
        case "pods" -> answer(context, HttpResponseStatus.OK, list());
        case "configmaps" ->
            answer(
                context,
                HttpResponseStatus.OK,
                """
                {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "weft-ca"},
                 "data": {"ca.crt": "%s"}}
                """
                    .formatted(Files.readString(authority).replace("\n", "\\n")));
        case "pods/portforward" -> forward(context, request, parts[1]);
        default ->
            answer(context, HttpResponseStatus.NOT_FOUND, status("NotFound", "no " + path, 404));
      }
    }

    private String list() {
      return pods.entrySet().stream()
          .map(
              each ->
                  """
                  {"metadata": {"name": "%s", "namespace": "weft-system"},
                   "status": {"conditions": [{"type": "Ready", "status": "%s"}]}}
                  """
                      .formatted(each.getKey(), each.getValue().ready() ? "True" : "False"))
          .collect(
              Collectors.joining(
                  ",", "{\"apiVersion\": \"v1\", \"kind\": \"PodList\", \"items\": [", "]}"));
    }

    private String status(String reason, String message, int code) {
      return """
      {"apiVersion": "v1", "kind": "Status", "status": "Failure", "reason": "%s", "message": "%s", "code": %d}
      """
          .formatted(reason, message, code);
    }

    private void answer(ChannelHandlerContext context, HttpResponseStatus status, String body) {
      var answer =
          new DefaultFullHttpResponse(
              HttpVersion.HTTP_1_1, status, Unpooled.copiedBuffer(body, StandardCharsets.UTF_8));
      answer.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/json");
      HttpUtil.setContentLength(answer, answer.content().readableBytes());
      context.writeAndFlush(answer);
    }

    private void forward(ChannelHandlerContext context, FullHttpRequest request, String name) {
      Channel channel = context.channel();
      WebSocketServerHandshaker handshaker =
          new WebSocketServerHandshakerFactory(
                  "ws://127.0.0.1" + request.uri(), "v4.channel.k8s.io", false, MAX_BYTES)
              .newHandshaker(request);
      if (handshaker == null) {
        WebSocketServerHandshakerFactory.sendUnsupportedVersionResponse(channel);
        return;
      }
      forwarded.put(channel, name);
      channel.closeFuture().addListener(_ -> forwarded.remove(channel));
      // In place before the first frame comes.
      var frames = new Frames(channel, name);
      channel.pipeline().addLast(frames);
      handshaker.handshake(channel, request).addListener(_ -> frames.begin());
    }
  }

  /** Carries the frames of one forward to the pod's port, and back. */
  private final class Frames extends SimpleChannelInboundHandler<WebSocketFrame> {
    private final Channel channel;
    private final Socket pod = new Socket();
    private final String name;

    Frames(Channel channel, String name) {
      this.channel = channel;
      this.name = name;
    }

    /** Both channels begin with the port's number, the low byte first. */
    void begin() {
      int port = 7700;
      for (byte each : new byte[] {DATA, ERROR}) {
        ByteBuf first = Unpooled.buffer().writeByte(each).writeShortLE(port);
        channel.writeAndFlush(new BinaryWebSocketFrame(first));
      }
      Pod target = pods.get(name);
      try {
        if (target == null) {
          throw new IOException("pod not found");
        }
        pod.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target.port()));
        Thread.startVirtualThread(this::back);
      } catch (IOException e) {
        byte[] text =
            ("error forwarding port 7700: " + e.getMessage()).getBytes(StandardCharsets.UTF_8);
        channel.writeAndFlush(
            new BinaryWebSocketFrame(Unpooled.buffer().writeByte(ERROR).writeBytes(text)));
      }
    }

    private void back() {
      try (pod) {
        InputStream in = pod.getInputStream();
        byte[] buffer = new byte[8192];
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          ByteBuf data = Unpooled.buffer(read + 1).writeByte(DATA).writeBytes(buffer, 0, read);
          channel.writeAndFlush(new BinaryWebSocketFrame(data)).syncUninterruptibly();
        }
      } catch (IOException e) {
        // The forward has ended.
      } finally {
        channel.close();
      }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, WebSocketFrame frame)
        throws IOException {
      if (!(frame instanceof BinaryWebSocketFrame)) {
        context.close();
        return;
      }
      ByteBuf content = frame.content();
      if (content.readByte() == DATA && pod.isConnected()) {
        content.readBytes(pod.getOutputStream(), content.readableBytes());
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws IOException {
      pod.close();
      context.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }
}
