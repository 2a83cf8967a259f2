package dev.weft.controlplane.webhook;

import com.google.gson.JsonParseException;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.weft.controlplane.validate.policy.Inventory;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * {@code /inject} and {@code /validate} over HTTPS. One virtual thread per request, and one thread
 * that ends those that take too long.
 */
public final class AdmissionServer implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(AdmissionServer.class.getName());

  /** The API server stores nothing that is half as long; an update has the object twice. */
  static final int MAX_BODY_BYTES = 8 << 20;

  /** Reviews at a time; each may hold a few times its body. */
  static final int MAX_REVIEWS = 32;

  /** From the head of a request to its answer; the API server itself waits for ten seconds. */
  private static final Duration LONGEST = Duration.ofSeconds(10);

  private static final int BACKLOG = 256;

  private static final Duration[] BUCKETS = {
    Duration.ofMillis(1),
    Duration.ofMillis(2),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(20),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(500),
    Duration.ofSeconds(2),
    Duration.ofSeconds(10)
  };

  private final HttpsServer server;
  private final MeterRegistry meters;
  private final Semaphore turns = new Semaphore(MAX_REVIEWS);
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("weft-admission-", 0).factory());
  private final ScheduledExecutorService deadlines =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("weft-admission-time").daemon(true).factory());

  private volatile boolean warm;
  private volatile boolean closing;

  /**
   * What the server decides by.
   *
   * @param injection the configuration in force
   * @param namespaceLabels of a namespace by its name
   * @param inventory what policies may refer to now
   * @param effects what follows for others from what is said of a pod
   */
  public record Parts(
      InjectorInForce injection,
      Function<String, Map<String, String>> namespaceLabels,
      Supplier<Inventory> inventory,
      PodEffects effects) {}

  private AdmissionServer(HttpsServer server, MeterRegistry meters) {
    this.server = server;
    this.meters = meters;
  }

  /**
   * Starts it.
   *
   * @param keys asked at each handshake, so that a certificate may be replaced
   * @throws IOException if the address cannot be bound
   */
  public static AdmissionServer start(
      InetSocketAddress address, X509ExtendedKeyManager keys, Parts parts, MeterRegistry meters)
      throws IOException {
    HttpsServer server = HttpsServer.create(address, BACKLOG);
    server.setHttpsConfigurator(secured(keys));
    var admission = new AdmissionServer(server, meters);
    server.setExecutor(admission.threads);
    Reviewer pods = new PodReviewer(parts.injection(), parts.namespaceLabels(), parts.effects());
    Reviewer policies =
        new PolicyReviewer(parts.inventory(), () -> parts.injection().config().validation());
    admission.serve("/inject", pods);
    admission.serve("/validate", policies);
    List<HttpContext> samples =
        List.of(admission.sample(WarmUp.INJECT, pods), admission.sample(WarmUp.VALIDATE, policies));
    server.start();
    admission.threads.execute(() -> admission.warmUp(samples));
    return admission;
  }

  public int port() {
    return server.getAddress().getPort();
  }

  /** Answers what is under way, for two seconds at most, and ends. */
  @Override
  public void close() {
    closing = true;
    server.stop(2);
    threads.shutdownNow();
    deadlines.shutdownNow();
  }

  /** Whether it has answered itself, over its port, often enough to answer others quickly. */
  public boolean warm() {
    return warm;
  }

  private void warmUp(List<HttpContext> samples) {
    try {
      WarmUp.run(server.getAddress());
    } catch (IOException e) {
      // One that is closed is not waited for.
      Level level = closing ? Level.DEBUG : Level.WARNING;
      LOG.log(level, "the first reviews will be slow, trying them failed: {0}", e.toString());
    } finally {
      samples.forEach(server::removeContext);
      warm = true;
    }
  }

  private HttpContext sample(String path, Reviewer reviewer) {
    return server.createContext(
        path,
        exchange -> {
          try (exchange) {
            answerInTime(reviewer, exchange);
          }
        });
  }

  private static HttpsConfigurator secured(X509ExtendedKeyManager keys) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {keys}, null, null);
      return new HttpsConfigurator(context) {
        @Override
        public void configure(HttpsParameters connection) {
          SSLParameters parameters = getSSLContext().getDefaultSSLParameters();
          parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
          connection.setSSLParameters(parameters);
        }
      };
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no TLS", e);
    }
  }

  private void serve(String path, Reviewer reviewer) {
    server.createContext(path, exchange -> answer(path, reviewer, exchange));
  }

  private void answer(String path, Reviewer reviewer, HttpExchange exchange) throws IOException {
    long from = System.nanoTime();
    Thread thread = Thread.currentThread();
    // Interrupting a thread that reads or writes closes its connection.
    Future<?> deadline =
        deadlines.schedule(thread::interrupt, LONGEST.toMillis(), TimeUnit.MILLISECONDS);
    String result = "failed";
    try (exchange) {
      result = answerInTime(reviewer, exchange);
    } finally {
      deadline.cancel(false);
      Timer.builder("weft.admission.reviews")
          .description("What the API server asked the webhooks, until they answered")
          .tags("webhook", path.substring(1), "result", result)
          .serviceLevelObjectives(BUCKETS)
          .register(meters)
          .record(System.nanoTime() - from, TimeUnit.NANOSECONDS);
    }
  }

  private String answerInTime(Reviewer reviewer, HttpExchange exchange) throws IOException {
    if (!exchange.getRequestMethod().equals("POST")) {
      exchange.getResponseHeaders().set("allow", "POST");
      return refuse(exchange, 405, "expected POST with an AdmissionReview");
    }
    if (!turns.tryAcquire()) {
      return refuse(exchange, 503, MAX_REVIEWS + " reviews are under way already");
    }
    try {
      return review(reviewer, exchange);
    } finally {
      turns.release();
    }
  }

  private static String review(Reviewer reviewer, HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readNBytes(MAX_BODY_BYTES + 1);
    if (body.length > MAX_BODY_BYTES) {
      return refuse(exchange, 413, "expected at most " + MAX_BODY_BYTES + " bytes");
    }
    AdmissionRequest request;
    try {
      request = AdmissionRequest.parse(text(body));
    } catch (JsonParseException | CharacterCodingException e) {
      return refuse(exchange, 400, "no AdmissionReview: " + e.getMessage());
    }
    AdmissionAnswer answer;
    try {
      answer = reviewer.review(request);
    } catch (RuntimeException e) {
      LOG.log(
          Level.ERROR,
          "reviewing " + request.kind() + " " + request.namespace() + "/" + request.name(),
          e);
      return refuse(exchange, 500, "the control plane failed over this object, see its log");
    }
    if (!answer.allowed()) {
      LOG.log(
          Level.INFO,
          "denied {0} {1}/{2}: {3}",
          request.kind(),
          request.namespace(),
          request.name(),
          answer.message());
    }
    byte[] review = answer.review(request.uid());
    exchange.getResponseHeaders().set("content-type", "application/json");
    exchange.sendResponseHeaders(200, review.length);
    exchange.getResponseBody().write(review);
    return answer.result();
  }

  private static String text(byte[] body) throws CharacterCodingException {
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
  }

  private static String refuse(HttpExchange exchange, int status, String reason)
      throws IOException {
    byte[] text = (reason + "\n").getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("content-type", "text/plain; charset=utf-8");
    exchange.getResponseHeaders().set("connection", "close");
    exchange.sendResponseHeaders(status, text.length);
    exchange.getResponseBody().write(text);
    return "failed";
  }
}
