package dev.weft.controlplane.source.kubernetes.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.controlplane.source.kubernetes.api.InformerStatus.State;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.System.Logger.Level;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Follows all objects of one kind: lists them, then watches from there, for as long as it runs.
 * What was told stays true to the listener while the API server is away; after that the watch goes
 * on where it was, or, when that is history too old, everything is listed and told anew.
 *
 * <p>A kind that is not installed is asked for again and again. Owns one virtual thread; {@link
 * #status} and {@link #close} are safe from any.
 */
public final class Informer<T> implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Informer.class.getName());
  private static final int PAGE = 500;
  private static final int UNAUTHORIZED = 401;
  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;
  private static final int GONE = 410;

  /** A page of a list that takes longer counts as dead. */
  private static final int LIST_SECONDS = 60;

  /** A watch ends by itself after this time, so that a connection that died silently is noticed. */
  private static final int WATCH_SECONDS = 120;

  /** How long after that a watch which has not ended counts as dead. */
  private static final int DEAD_SECONDS = 15;

  private static final long MIN_PAUSE_MILLIS = 100;
  private static final long MAX_PAUSE_MILLIS = 5_000;

  private final ApiServer server;
  private final ApiResource resource;
  private final Decoder<T> decoder;
  private final InformerListener<T> listener;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;
  private volatile InformerStatus status = new InformerStatus(State.UNKNOWN, "", System.nanoTime());
  private volatile @Nullable InputStream reading;
  private volatile long deadNanos;

  // Owned by the thread.
  private int version;
  private int absences;
  private int failures;

  /** The resource version that was told; empty: everything is to be listed. */
  private String at = "";

  /** An informer that does nothing before {@link #start}. */
  public Informer(
      KubernetesClient client,
      ApiResource resource,
      Decoder<T> decoder,
      InformerListener<T> listener) {
    this.server = new ApiServer(client);
    this.resource = resource;
    this.decoder = decoder;
    this.listener = listener;
    this.thread =
        Thread.ofVirtual().name("weft-kubernetes-" + resource.plural()).unstarted(this::run);
  }

  /** Begins to follow. Once. */
  public void start() {
    thread.start();
  }

  /** What is followed. */
  public ApiResource resource() {
    return resource;
  }

  /** How well it is known. */
  public InformerStatus status() {
    return status;
  }

  /** Ends an answer that should have ended long ago. To be called every now and then. */
  public void tick(long nowNanos) {
    InputStream answer = reading;
    if (answer != null && nowNanos - deadNanos > 0) {
      closeQuietly(answer);
    }
  }

  /** Ends it; the listener may be told of one more change. Does not wait. */
  @Override
  public void close() {
    closed.countDown();
    thread.interrupt();
    InputStream answer = reading;
    if (answer != null) {
      closeQuietly(answer);
    }
  }

  private void run() {
    while (closed.getCount() > 0) {
      try {
        follow();
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        LOG.log(Level.ERROR, "following " + resource.shown() + " failed; listing anew", e);
        at = "";
        pause(MAX_PAUSE_MILLIS);
      }
    }
  }

  private void follow() throws InterruptedException {
    try {
      if (at.isEmpty()) {
        list();
      }
      watch();
      pause(MIN_PAUSE_MILLIS);
    } catch (ApiException e) {
      if (closed.getCount() > 0) {
        failed(e);
      }
    }
  }

  /** Tells all objects, of the first version that the API server has. */
  private void list() throws ApiException, InterruptedException {
    for (int tries = 1; ; tries++) {
      try {
        listVersion();
        return;
      } catch (ApiException e) {
        if (e.code() != NOT_FOUND || tries == resource.versions().size()) {
          throw e;
        }
        version = (version + 1) % resource.versions().size();
      }
    }
  }

  private void listVersion() throws ApiException, InterruptedException {
    Map<String, T> found = new HashMap<>();
    String more = "";
    String listedAt;
    do {
      JsonNode page = page(path() + "?limit=" + PAGE + more + selector());
      for (JsonNode item : page.path("items")) {
        T decoded = decoder.decode(apiVersion(), item);
        if (decoded != null) {
          found.put(name(item), decoded);
        }
      }
      JsonNode metadata = page.path("metadata");
      String next = metadata.path("continue").asText("");
      more = next.isEmpty() ? "" : "&continue=" + encoded(next);
      listedAt = metadata.path("resourceVersion").asText("");
    } while (!more.isEmpty());
    absences = 0;
    listener.replaced(found);
    at = listedAt;
    heard();
  }

  private JsonNode page(String path) throws ApiException, InterruptedException {
    try (InputStream body = open(path, LIST_SECONDS)) {
      return server.parse(body);
    } catch (IOException e) {
      throw server.cut(e);
    } finally {
      reading = null;
    }
  }

  /** Tells what changes, until the API server ends the watch. */
  private void watch() throws ApiException, InterruptedException {
    int seconds = WATCH_SECONDS + ThreadLocalRandom.current().nextInt(WATCH_SECONDS / 2);
    String path =
        path()
            + "?watch=true&allowWatchBookmarks=true&timeoutSeconds="
            + seconds
            + "&resourceVersion="
            + encoded(at)
            + selector();
    try (InputStream body = open(path, seconds + DEAD_SECONDS);
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
      heard();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        JsonNode event = server.parse(line);
        tell(event.path("type").asText(""), event.path("object"));
        heard();
      }
    } catch (IOException e) {
      throw server.cut(e);
    } finally {
      reading = null;
    }
  }

  private InputStream open(String path, int seconds) throws ApiException, InterruptedException {
    InputStream body = server.open(path);
    deadNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    reading = body;
    if (closed.getCount() == 0) {
      closeQuietly(body);
    }
    return body;
  }

  private void tell(String type, JsonNode object) throws ApiException {
    switch (type) {
      case "ADDED", "MODIFIED" -> {
        T decoded = decoder.decode(apiVersion(), object);
        if (decoded == null) {
          listener.removed(name(object));
        } else {
          listener.put(name(object), decoded);
        }
      }
      case "DELETED" -> listener.removed(name(object));
      case "ERROR" ->
          throw new ApiException(
              object.path("code").asInt(500),
              "the watch was ended: " + object.path("message").asText(""),
              Duration.ZERO);
      default -> {
        // A bookmark: nothing but a newer resource version.
      }
    }
    at = object.path("metadata").path("resourceVersion").asText(at);
  }

  private void failed(ApiException failure) throws InterruptedException {
    long most = Math.min(MAX_PAUSE_MILLIS, MIN_PAUSE_MILLIS << Math.min(failures++, 10));
    State state = status.state();
    switch (failure.code()) {
      case GONE -> at = "";
      case NOT_FOUND -> {
        at = "";
        most = MAX_PAUSE_MILLIS;
        absent(failure);
      }
      case UNAUTHORIZED, FORBIDDEN -> {
        // Whoever may list but not watch hears of changes by listing.
        at = "";
        most = MAX_PAUSE_MILLIS;
        set(state == State.UNKNOWN ? State.FORBIDDEN : state, Sentences.refused(resource, failure));
      }
      default -> set(state, Sentences.unreached(failure));
    }
    long jittered = most / 2 + ThreadLocalRandom.current().nextLong(most / 2 + 1);
    pause(Math.max(failure.retryAfter().toMillis(), jittered));
  }

  private void absent(ApiException failure) throws InterruptedException {
    // While it starts an API server does not know yet what is installed.
    if (!server.ready()) {
      set(status.state(), Sentences.unreached(failure));
      return;
    }
    // What was there once has to be gone twice.
    boolean gone = ++absences > (status.state() == State.SYNCED ? 1 : 0);
    if (gone && status.state() != State.ABSENT) {
      listener.replaced(Map.of());
    }
    if (gone) {
      set(State.ABSENT, "");
    }
  }

  private void heard() {
    failures = 0;
    set(State.SYNCED, "");
  }

  private void set(State state, String problem) {
    InformerStatus before = status;
    status =
        new InformerStatus(
            state, problem, problem.isEmpty() ? System.nanoTime() : before.heardNanos());
    if (state == before.state() && problem.equals(before.problem())) {
      return;
    }
    listener.statusChanged();
  }

  /** Ends early when this is closed. */
  private void pause(long millis) {
    try {
      closed.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      // Closed: the loop ends.
    }
  }

  private String path() {
    return resource.path(resource.versions().get(version));
  }

  private String apiVersion() {
    return resource.apiVersion(resource.versions().get(version));
  }

  private String selector() {
    String fields = resource.fieldSelector();
    return fields.isEmpty() ? "" : "&fieldSelector=" + encoded(fields);
  }

  private static String name(JsonNode object) {
    JsonNode metadata = object.path("metadata");
    String namespace = metadata.path("namespace").asText("");
    String name = metadata.path("name").asText("");
    return namespace.isEmpty() ? name : namespace + '/' + name;
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static void closeQuietly(InputStream stream) {
    try {
      stream.close();
    } catch (IOException e) {
      // It is over either way.
    }
  }
}
