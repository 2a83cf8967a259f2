package dev.weft.controlplane.auth;

import io.grpc.ServerCall;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Hands what comes of a call to whoever serves it, in order, one at a time, and stops while
 * something is being decided. Of little size: a message comes only when it was asked for. Safe from
 * any thread.
 */
final class GuardedListener<Q> extends ServerCall.Listener<Q> {
  private final Gate<Q> gate;

  // Guarded by this.
  private final Deque<Runnable> waiting = new ArrayDeque<>();
  private boolean held = true;
  private boolean running;
  private boolean over;
  private Runnable atEnd = () -> {};

  // Changed while it is held only.
  private ServerCall.Listener<Q> target = new ServerCall.Listener<>() {};
  private volatile boolean refused;

  /** Decides about messages. */
  interface Gate<Q> {
    /**
     * Ends with {@link GuardedListener#pass} or {@link GuardedListener#refused}; may do so later.
     */
    void judge(Q message);
  }

  /**
   * @param gate is asked about each message
   */
  GuardedListener(Gate<Q> gate) {
    this.gate = gate;
  }

  /** The call is served, by whoever that is. */
  void serve(ServerCall.Listener<Q> by) {
    target = by;
    release();
  }

  /** The message that is being judged goes on. */
  void pass(Q message) {
    synchronized (this) {
      waiting.addFirst(() -> target.onMessage(message));
    }
    release();
  }

  /** What to do when the call is over, however it ends; at once if it is. Once. */
  void whenOver(Runnable action) {
    synchronized (this) {
      if (!over) {
        atEnd = action;
        return;
      }
    }
    action.run();
  }

  /** The call has been ended by the guard: only that it is over is still told. */
  void refused() {
    refused = true;
    release();
  }

  @Override
  public void onMessage(Q message) {
    add(
        () -> {
          if (!refused) {
            hold();
            gate.judge(message);
          }
        });
  }

  @Override
  public void onHalfClose() {
    add(
        () -> {
          if (!refused) {
            target.onHalfClose();
          }
        });
  }

  @Override
  public void onReady() {
    add(
        () -> {
          if (!refused) {
            target.onReady();
          }
        });
  }

  @Override
  public void onCancel() {
    end();
    add(() -> target.onCancel());
  }

  @Override
  public void onComplete() {
    end();
    add(() -> target.onComplete());
  }

  private void end() {
    Runnable action;
    synchronized (this) {
      over = true;
      action = atEnd;
    }
    action.run();
  }

  private synchronized void hold() {
    held = true;
  }

  private void release() {
    synchronized (this) {
      held = false;
      if (running) {
        return;
      }
      running = true;
    }
    run();
  }

  private void add(Runnable event) {
    synchronized (this) {
      waiting.addLast(event);
      if (held || running) {
        return;
      }
      running = true;
    }
    run();
  }

  private void run() {
    while (true) {
      Runnable next;
      synchronized (this) {
        next = held ? null : waiting.pollFirst();
        if (next == null) {
          running = false;
          return;
        }
      }
      next.run();
    }
  }
}
