package dev.weft.soak.churn;

import dev.weft.cli.demo.process.Await;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Simulated instances of many services on some hosts, some of which end all the time while others
 * come in their place, by a seed. The main thread fills it; then a thread of its own keeps the
 * rate.
 */
public final class Population implements AutoCloseable {
  private static final int MAX_UNDER_WAY = 200;
  private static final long TICK_MILLIS = 10;

  /** One that has just come is not ended before everybody can have seen it. */
  private static final long LEAST_AGE_NANOS = TimeUnit.SECONDS.toNanos(20);

  private static final Duration LAST_ANSWERS = Duration.ofSeconds(40);

  private final List<SimulatedHost> hosts;
  private final int services;
  private final Random random;
  private final Propagation registrations;
  private final Propagation ends;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("soak-churn").daemon().factory());
  private final AtomicInteger underWay = new AtomicInteger();
  private final AtomicLong registered = new AtomicLong();
  private final AtomicLong ended = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final AtomicReference<@Nullable String> firstFailure = new AtomicReference<>();

  // Of the thread that changes it: the main thread until churn begins, then the timer's.
  private final List<Member> old = new ArrayList<>();
  private final Deque<Member> young = new ArrayDeque<>();
  private int numbers;
  private int beats;
  private long began;
  private long due;
  private boolean stopped;

  private record Member(String id, int service, SimulatedHost host, long since) {}

  /**
   * @param registrations told of what registers once churn has begun
   * @param ends told of what ends
   */
  public Population(
      List<SimulatedHost> hosts,
      int services,
      long seed,
      Propagation registrations,
      Propagation ends) {
    this.hosts = List.copyOf(hosts);
    this.services = services;
    random = new Random(seed);
    this.registrations = registrations;
    this.ends = ends;
  }

  /** How many there have to be so that at this rate there is always one that may end. */
  public static int least(int perSecond) {
    return Math.toIntExact(perSecond * TimeUnit.NANOSECONDS.toSeconds(LEAST_AGE_NANOS) * 5 / 4);
  }

  /** The name of one of the services. */
  public static String service(int number) {
    return "churn-" + number;
  }

  /**
   * Registers as many, evenly over the services, and returns when all have been answered.
   *
   * @param beat how often each has a heartbeat from now on
   */
  public void fill(int instances, Duration beat) {
    long everyNanos = beat.toNanos() / hosts.size();
    var _ =
        timer.scheduleAtFixedRate(
            () -> hosts.get(beats++ % hosts.size()).beat(),
            everyNanos,
            everyNanos,
            TimeUnit.NANOSECONDS);
    for (int i = 0; i < instances; i++) {
      var _ = Await.until(LAST_ANSWERS, () -> underWay.get() < MAX_UNDER_WAY);
      old.add(register(i % services, false));
    }
    settle();
  }

  /** From now on so many end, and as many register, each second. */
  public void churn(int perSecond) {
    began = System.nanoTime();
    var _ =
        timer.scheduleAtFixedRate(
            () -> changeDue(perSecond), TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void changeDue(int perSecond) {
    if (stopped) {
      return;
    }
    long now = System.nanoTime();
    while (!young.isEmpty() && now - young.getFirst().since() > LEAST_AGE_NANOS) {
      old.add(young.removeFirst());
    }
    long wanted = (long) ((now - began) / 1e9 * perSecond);
    for (; due < wanted && underWay.get() < MAX_UNDER_WAY && !old.isEmpty(); due++) {
      int index = random.nextInt(old.size());
      Member leaving = old.get(index);
      old.set(index, old.getLast());
      old.removeLast();
      end(leaving);
      young.add(register(leaving.service(), true));
    }
  }

  private Member register(int service, boolean followed) {
    int number = numbers++;
    String id = "sim-" + number;
    SimulatedHost host = hosts.get(number % hosts.size());
    String address =
        "10." + (20 + (number >> 16)) + "." + ((number >> 8) & 255) + "." + (number & 255);
    if (followed) {
      registrations.expect(id);
    }
    underWay.incrementAndGet();
    var _ =
        host.register(service(service), id, address)
            .whenComplete(
                (answer, failure) -> {
                  underWay.decrementAndGet();
                  if (failure == null) {
                    registered.incrementAndGet();
                    registrations.answered(id, System.nanoTime());
                  } else {
                    registrations.forget(id);
                    failed("registration of " + id, failure);
                  }
                });
    return new Member(id, service, host, System.nanoTime());
  }

  private void end(Member member) {
    ends.expect(member.id());
    underWay.incrementAndGet();
    var _ =
        member
            .host()
            .end(member.id())
            .whenComplete(
                (answer, failure) -> {
                  underWay.decrementAndGet();
                  if (failure == null && answer.getRemoved()) {
                    ended.incrementAndGet();
                    ends.answered(member.id(), System.nanoTime());
                  } else {
                    ends.forget(member.id());
                    failed(
                        "end of " + member.id(),
                        failure == null
                            ? new IllegalStateException("it was not registered any more")
                            : failure);
                  }
                });
  }

  private void failed(String what, Throwable failure) {
    failed.incrementAndGet();
    firstFailure.compareAndSet(null, what + ": " + failure);
  }

  /** Nothing comes or goes any more; heartbeats go on. */
  public void stop() {
    try {
      timer.submit(() -> stopped = true).get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (java.util.concurrent.ExecutionException e) {
      throw new IllegalStateException(e);
    }
    settle();
  }

  private void settle() {
    var _ = Await.until(LAST_ANSWERS, () -> underWay.get() == 0);
  }

  /** The ids of those that there should be; after {@link #stop}. */
  public Set<String> ids() {
    Set<String> ids = new TreeSet<>();
    old.forEach(member -> ids.add(member.id()));
    young.forEach(member -> ids.add(member.id()));
    return ids;
  }

  public long registered() {
    return registered.get();
  }

  public long ended() {
    return ended.get();
  }

  /** Calls that failed. */
  public long failed() {
    return failed.get();
  }

  /** What the first of them was; null: none failed. */
  public @Nullable String firstFailure() {
    return firstFailure.get();
  }

  @Override
  public void close() {
    timer.shutdownNow();
    hosts.forEach(SimulatedHost::close);
  }
}
