package dev.weft.soak.load;

import dev.weft.cli.demo.process.Await;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Requests at a fixed rate, of each protocol in turn, whether earlier ones have been answered or
 * not, as long as not too many are under way. Thread-safe.
 */
public final class MixedLoad implements AutoCloseable {
  private static final int MAX_UNDER_WAY = 1000;
  private static final long TICK_MICROS = 1000;

  /** For how long, at the most, and how many requests may be under way, in seconds of the rate. */
  private static final Duration SETTLE_LIMIT = Duration.ofSeconds(30);

  private static final double SETTLED_SECONDS = 0.05;
  private static final long SETTLED_NANOS = 500_000_000;

  private final List<Caller> callers;
  private final List<Tally> tallies;
  private final ScheduledExecutorService pace =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("soak-load").daemon().factory());
  private final AtomicInteger underWay = new AtomicInteger();
  private final Judge judge;
  private final int perSecond;
  private final double rampSeconds;
  private final long start;
  private final AtomicLong due = new AtomicLong();
  private final AtomicLong heldBack = new AtomicLong();

  /** What requests are made of. */
  public enum Protocol {
    HTTP1,
    HTTP2,
    GRPC
  }

  /**
   * Begins at once.
   *
   * @param ramp in which the rate grows evenly from nothing
   */
  public MixedLoad(List<Protocol> protocols, Aim aim, int perSecond, Duration ramp, Judge judge) {
    this.perSecond = perSecond;
    this.judge = judge;
    rampSeconds = ramp.toMillis() / 1000.0;
    callers =
        protocols.stream()
            .map(
                protocol ->
                    switch (protocol) {
                      case HTTP1 -> HttpCaller.http1(aim);
                      case HTTP2 -> HttpCaller.http2(aim);
                      case GRPC -> new GrpcCaller(aim);
                    })
            .toList();
    tallies = callers.stream().map(caller -> new Tally(caller.protocol())).toList();
    start = System.nanoTime();
    var _ =
        pace.scheduleAtFixedRate(this::sendDue, TICK_MICROS, TICK_MICROS, TimeUnit.MICROSECONDS);
  }

  private void sendDue() {
    double seconds = (System.nanoTime() - start) / 1e9;
    double ramped = Math.min(seconds, rampSeconds);
    double wanted =
        perSecond
            * (seconds - ramped + (rampSeconds == 0 ? 0 : ramped * ramped / (2 * rampSeconds)));
    while (due.get() < wanted) {
      int index = (int) (due.getAndIncrement() % callers.size());
      if (underWay.get() >= MAX_UNDER_WAY) {
        heldBack.incrementAndGet();
        continue;
      }
      Tally tally = tallies.get(index);
      underWay.incrementAndGet();
      long since = System.nanoTime();
      callers
          .get(index)
          .call(
              problem -> {
                underWay.decrementAndGet();
                long now = System.nanoTime();
                tally.count(
                    problem,
                    problem == null ? null : judge.excuse(problem, since, now),
                    now - since);
              });
    }
  }

  /** New connections go to these from now on, as discovery would tell. */
  public void targets(List<Integer> ports) {
    callers.forEach(caller -> caller.targets(ports));
  }

  /**
   * Waits until no backlog is left of what was slow, as {@code minReadySeconds} of a Deployment
   * does; not for ever.
   */
  public void awaitSettled() {
    var busy = new AtomicLong(System.nanoTime());
    var _ =
        Await.until(
            SETTLE_LIMIT,
            () -> {
              long now = System.nanoTime();
              if (underWay() > perSecond * SETTLED_SECONDS) {
                busy.set(now);
              }
              return now - busy.get() > SETTLED_NANOS;
            });
  }

  /** Per protocol. */
  public List<Tally> tallies() {
    return tallies;
  }

  /** How many requests should have been sent until now, and how many of them were not. */
  public Pressure pressure() {
    return new Pressure(due.get(), heldBack.get());
  }

  /** Answered wholly and rightly, of every protocol. */
  public long ok() {
    return tallies.stream().mapToLong(Tally::ok).sum();
  }

  public long failed() {
    return tallies.stream().mapToLong(Tally::failed).sum();
  }

  /** Failures that could not be avoided, of every protocol, by why. */
  public Map<String, Long> excused() {
    Map<String, Long> all = new TreeMap<>();
    tallies.forEach(
        tally -> tally.excused().forEach((why, count) -> all.merge(why, count, Long::sum)));
    return all;
  }

  /** Sends no more. */
  public void stop() {
    pace.shutdown();
  }

  /** How many requests have no answer yet. */
  public int underWay() {
    return underWay.get();
  }

  @Override
  public void close() {
    pace.shutdownNow();
    callers.forEach(Caller::close);
  }
}
