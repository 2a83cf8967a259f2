package dev.weft.bench.cluster;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Calls to frontends at a steady pace, each on a connection and a thread of its own, and which
 * version of the catalog their answers were from. Failures are counted.
 */
public final class Callers implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final List<Thread> threads = new ArrayList<>();
  private final AtomicInteger calls = new AtomicInteger();
  private final AtomicInteger failures = new AtomicInteger();
  private volatile @Nullable Awaited awaited;
  private volatile boolean ended;

  /** A version that every caller is to see, and who has. */
  private static final class Awaited {
    final String version;
    final CountDownLatch unseen;

    Awaited(String version, int callers) {
      this.version = version;
      this.unseen = new CountDownLatch(callers);
    }
  }

  /**
   * Starts calling.
   *
   * @param connections to each frontend
   * @param every from one call on a connection to the next
   */
  public Callers(List<InetSocketAddress> frontends, int connections, Duration every) {
    for (InetSocketAddress frontend : frontends) {
      for (int i = 0; i < connections; i++) {
        threads.add(Thread.ofVirtual().start(() -> call(frontend, every)));
      }
    }
  }

  /** Calls that were answered well so far. */
  public int calls() {
    return calls.get();
  }

  public int failures() {
    return failures.get();
  }

  /** From now on what {@link #await} waits for. */
  void expect(String version) {
    awaited = new Awaited(version, threads.size());
  }

  /**
   * Waits until every caller has had an answer from it.
   *
   * @throws IOException when one does not in time
   */
  void await() throws IOException, InterruptedException {
    Awaited now = Objects.requireNonNull(awaited, "nothing is expected");
    if (!now.unseen.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new IOException(
          now.unseen.getCount()
              + " of "
              + threads.size()
              + " callers have no answer of "
              + now.version
              + " after "
              + PATIENCE.toSeconds()
              + " s; "
              + failures
              + " calls failed");
    }
  }

  private void call(InetSocketAddress frontend, Duration every) {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create(
                    "http://" + frontend.getHostString() + ":" + frontend.getPort() + "/items"))
            .timeout(PATIENCE)
            .build();
    Awaited seen = null;
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      long due = System.nanoTime();
      while (!ended) {
        Awaited now = awaited;
        String version = answeredBy(client, request);
        if (now != null && now != seen && now.version.equals(version)) {
          seen = now;
          now.unseen.countDown();
        }
        due = Math.max(due + every.toNanos(), System.nanoTime());
        LockSupport.parkNanos(due - System.nanoTime());
      }
    }
  }

  /** The version that has answered; empty when there was no good answer. */
  private String answeredBy(HttpClient client, HttpRequest request) {
    try {
      HttpResponse<Void> answer = client.send(request, HttpResponse.BodyHandlers.discarding());
      if (answer.statusCode() == 200) {
        calls.incrementAndGet();
        return answer.headers().firstValue("x-catalog-version").orElse("");
      }
    } catch (IOException e) {
      // Counted, as any other failure.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
    if (!ended) {
      failures.incrementAndGet();
    }
    return "";
  }

  /** Ends every caller after the call that it has under way. */
  @Override
  public void close() {
    ended = true;
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
