package dev.weft.sidecar.listener;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.util.concurrent.ThreadAwareExecutor;

/**
 * Netty's epoll handler, but a channel that waits for nothing just now stays in the epoll set.
 *
 * <p>Since its pull request 16689 (seen with 4.2.18) Netty takes such a channel out of the set and
 * does not remember that it has: the next interest fails with ENOENT, which ends the connection in
 * the midst of what it carries. A channel waits for nothing when its peer has closed its direction
 * while reads are off, so every paused half-closed tunnel is hit. Edge-triggered with no event
 * asked for, an error or hang-up is told once and does not wake the loop again and again.
 */
final class SteadyEpoll implements IoHandler {
  private final IoHandler epoll;

  private SteadyEpoll(IoHandler epoll) {
    this.epoll = epoll;
  }

  static IoHandlerFactory newFactory() {
    IoHandlerFactory epoll = EpollIoHandler.newFactory();
    return new IoHandlerFactory() {
      @Override
      public IoHandler newHandler(ThreadAwareExecutor executor) {
        return new SteadyEpoll(epoll.newHandler(executor));
      }

      @Override
      public boolean isChangingThreadSupported() {
        return epoll.isChangingThreadSupported();
      }
    };
  }

  @Override
  public void initialize() {
    epoll.initialize();
  }

  @Override
  public int run(IoHandlerContext context) {
    return epoll.run(context);
  }

  @Override
  public void prepareToDestroy() {
    epoll.prepareToDestroy();
  }

  @Override
  public void destroy() {
    epoll.destroy();
  }

  @Override
  public IoRegistration register(IoHandle handle) throws Exception {
    return new Registration(epoll.register(handle));
  }

  @Override
  public void wakeup() {
    epoll.wakeup();
  }

  @Override
  public boolean isCompatible(Class<? extends IoHandle> handleType) {
    return epoll.isCompatible(handleType);
  }

  /** On the loop's thread. */
  private static final class Registration implements IoRegistration {
    private final IoRegistration inner;
    private boolean added;

    Registration(IoRegistration inner) {
      this.inner = inner;
    }

    @Override
    @SuppressWarnings("TypeParameterUnusedInFormals") // Netty declares it so.
    public <T> T attachment() {
      return inner.attachment();
    }

    @Override
    public long submit(IoOps ops) {
      if (ops.equals(EpollIoOps.NONE)) {
        return added ? inner.submit(EpollIoOps.EPOLLET) : 0;
      }
      added = true;
      return inner.submit(ops);
    }

    @Override
    public boolean isValid() {
      return inner.isValid();
    }

    @Override
    public boolean cancel() {
      return inner.cancel();
    }
  }
}
