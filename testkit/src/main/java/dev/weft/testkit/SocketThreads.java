package dev.weft.testkit;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Threads of tests that wait on sockets. Platform threads: a socket that a virtual one waits on
 * closes only when that one runs again. They do not keep the process alive.
 */
public final class SocketThreads {
  private SocketThreads() {}

  /** Runs the task on a thread of its own. */
  public static Thread start(Runnable task) {
    return Thread.ofPlatform().daemon().start(task);
  }

  /** Runs each task on a thread of its own; whoever makes it closes it. */
  public static ExecutorService perTask() {
    return Executors.newThreadPerTaskExecutor(Thread.ofPlatform().daemon().factory());
  }
}
