package dev.weft.sidecar.listener;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;

/**
 * The kind of channels and event loops: epoll where the kernel and its library have it, else NIO.
 */
public enum Transport {
  EPOLL,
  NIO;

  /** The best one that works here. */
  public static Transport best() {
    return Epoll.isAvailable() ? EPOLL : NIO;
  }

  public EventLoopGroup newGroup(String threadName, int threads) {
    IoHandlerFactory handlers =
        this == EPOLL ? SteadyEpoll.newFactory() : NioIoHandler.newFactory();
    return new MultiThreadIoEventLoopGroup(
        threads, new DefaultThreadFactory(threadName, true), handlers);
  }

  public Class<? extends Channel> clientChannel() {
    return this == EPOLL ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  public Channel newClientChannel() {
    return this == EPOLL ? new EpollSocketChannel() : new NioSocketChannel();
  }

  /** For datagrams of one family. */
  public Channel newDatagramChannel(boolean ipv6) {
    SocketProtocolFamily family = ipv6 ? SocketProtocolFamily.INET6 : SocketProtocolFamily.INET;
    return this == EPOLL ? new EpollDatagramChannel(family) : new NioDatagramChannel(family);
  }

  public Channel newServerChannel() {
    return this == EPOLL ? new EpollServerSocketChannel() : new NioServerSocketChannel();
  }
}
