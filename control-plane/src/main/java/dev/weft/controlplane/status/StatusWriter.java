package dev.weft.controlplane.status;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.weft.controlplane.inforce.Document;
import dev.weft.controlplane.inforce.Standing;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.RegistryChange;
import dev.weft.controlplane.registry.RegistryView;
import dev.weft.controlplane.status.StatusApi.Outcome;
import dev.weft.controlplane.validate.RouteConditions.Condition;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyKey;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the status of routes and policies of Kubernetes true, as long as this replica leads. Looks
 * at everything when something that a status depends on has changed, at most four times a second,
 * and asks the API server about those objects only of which there is something else to say than
 * before. What is only counted anew waits its turn. A replica that does not lead tells the one that
 * does of its sidecars.
 *
 * <p>Owns the thread {@code weft-status}; safe from any.
 */
public final class StatusWriter implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(StatusWriter.class.getName());
  private static final Duration EVERY = Duration.ofMillis(250);

  /** An object that could not be written is not tried again for so long. */
  private static final Duration AFTER_FAILURE = Duration.ofSeconds(2);

  private static final int ATTEMPTS = 4;

  /** Writes a second at most for the sake of counts alone, whatever sidecars and documents do. */
  static final int COUNTS_PER_SECOND = 10;

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Registry registry;
  private final Supplier<? extends @Nullable Object> term;
  private final StatusApi api;
  private final SidecarCounts counts;
  private final ScheduledExecutorService thread;
  private final Counter writes;
  private final Counter recounts;
  private final Counter events;
  private final Counter failures;
  private volatile boolean changed = true;
  private volatile boolean told;

  // Owned by the thread.
  private @Nullable Object led;
  private final Map<PolicyKey, Read> read = new HashMap<>();
  private final Map<PolicyKey, Said> said = new HashMap<>();
  private final Map<PolicyKey, Long> notBefore = new HashMap<>();
  private String trouble = "";
  private long recountedNanos;
  private double turns = COUNTS_PER_SECOND;

  /**
   * What was said of an object.
   *
   * @param rules what the rules say of it
   * @param standing how it stands with sidecars; null: nothing was said of that
   */
  private record Said(WantedStatus rules, @Nullable Standing standing, long atNanos) {}

  /** An object of which only the count is another one. */
  private record Recount(PolicyKey key, String apiVersion, WantedStatus rules, Standing standing) {}

  /** A document and its JSON: most are the same ones as the last time. */
  private record Read(Policy document, JsonNode object) {}

  private StatusWriter(
      Registry registry,
      Supplier<? extends @Nullable Object> term,
      StatusApi api,
      SidecarCounts counts,
      MeterRegistry meters) {
    this.registry = registry;
    this.term = term;
    this.api = api;
    this.counts = counts;
    recounts =
        Counter.builder("weft.status.recounts")
            .description("Those of them that said nothing new but in how many sidecars it is")
            .register(meters);
    writes =
        Counter.builder("weft.status.writes")
            .description("Statuses of objects of Kubernetes that this replica wrote")
            .register(meters);
    events =
        Counter.builder("weft.status.events")
            .description("Events on objects of Kubernetes that this replica made")
            .register(meters);
    failures =
        Counter.builder("weft.status.failures")
            .description("Statuses that the API server did not take; they are tried again")
            .register(meters);
    thread =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("weft-status").daemon(true).factory());
  }

  /**
   * Begins to write.
   *
   * @param term the term in which this replica leads, another object for each; null: it does not
   * @param client stays its owner's to close, after this
   * @param replicaId who speaks, in events
   * @param counts how documents stand with sidecars
   */
  public static StatusWriter start(
      Registry registry,
      Supplier<? extends @Nullable Object> term,
      KubernetesClient client,
      String replicaId,
      SidecarCounts counts,
      MeterRegistry meters) {
    var writer = new StatusWriter(registry, term, new StatusApi(client, replicaId), counts, meters);
    registry.addListener(
        change -> {
          writer.changed |= matters(change);
          writer.told |= change.view().tellsOtherThan(change.previous());
        });
    writer.thread.scheduleWithFixedDelay(writer::tick, 0, EVERY.toMillis(), TimeUnit.MILLISECONDS);
    return writer;
  }

  /** Ends it. What was written stays. */
  @Override
  public void close() {
    thread.shutdownNow();
  }

  /** Whether any status may be another one now: endpoints that come and go change none. */
  private static boolean matters(RegistryChange change) {
    if (change.resync()
        || !change.httpRoutes().isEmpty()
        || !change.otherRoutes().isEmpty()
        || !change.referenceGrants().isEmpty()
        || !change.trafficPolicies().isEmpty()) {
      return true;
    }
    for (ObjectKey key : change.services()) {
      if (!Objects.equals(
          change.previous().service(key.namespace(), key.name()),
          change.view().service(key.namespace(), key.name()))) {
        return true;
      }
    }
    return false;
  }

  private void tick() {
    try {
      counts.ask();
      Object now = term.get();
      long nanos = System.nanoTime();
      if (now == null) {
        led = null;
        counts.report(registry.current(), nanos);
        return;
      }
      if (told) {
        told = false;
        counts.again();
      }
      if (!now.equals(led)) {
        // Another leader may have written meanwhile: what we said before is worth nothing.
        led = now;
        said.clear();
        notBefore.clear();
        counts.lead(nanos);
        changed = true;
      }
      if (changed || !notBefore.isEmpty() || counts.due(nanos)) {
        changed = false;
        look(registry.current(), nanos);
      }
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "writing statuses failed; it goes on", e);
    }
  }

  private void look(RegistryView view, long now) {
    var rules = new StatusRules(view);
    counts.look(view, now);
    Set<PolicyKey> there = new HashSet<>();
    Set<Document> counted = new HashSet<>();
    var recounted = new ArrayList<Recount>();
    for (Policy document : view.policies("", "")) {
      PolicyKey key = document.getKey();
      if (!document.getSource().equals(Keyspace.KUBERNETES)
          || !StatusRules.speaksOf(key.getKind())) {
        continue;
      }
      there.add(key);
      JsonNode object = read(key, document);
      WantedStatus wanted = rules.of(document, object);
      var name = new Document(key.getKind(), key.getNamespace(), key.getName());
      counted.add(name);
      Standing standing = wanted.accepted() ? counts.say(name, document.getRevision(), now) : null;
      Long wait = notBefore.get(key);
      if (wait != null && now - wait < 0) {
        continue;
      }
      Said before = said.get(key);
      String apiVersion = object.path("apiVersion").asText();
      if (before != null && before.rules.equals(wanted)) {
        if (standing != null && !standing.equals(before.standing)) {
          recounted.add(new Recount(key, apiVersion, wanted, standing));
        }
      } else if (!wanted.accepted() || standing != null || !counts.awaits(name)) {
        if (term.get() == null) {
          return;
        }
        write(key, apiVersion, wanted, standing);
      }
    }
    recount(recounted, now);
    counts.retain(counted);
    read.keySet().retainAll(there);
    said.keySet().retainAll(there);
    notBefore.keySet().retainAll(there);
  }

  /** Refusals first, then those that have waited longest, as many as it is time for. */
  private void recount(List<Recount> recounted, long now) {
    double seconds = (double) (now - recountedNanos) / TimeUnit.SECONDS.toNanos(1);
    turns = Math.min(COUNTS_PER_SECOND, turns + Math.max(0, seconds) * COUNTS_PER_SECOND);
    recountedNanos = now;
    recounted.sort(
        Comparator.<Recount>comparingInt(each -> each.standing.refused() > 0 ? 0 : 1)
            .thenComparingLong(each -> saidNanos(each.key) - now));
    for (Recount each : recounted) {
      if (turns < 1 || term.get() == null) {
        counts.again();
        return;
      }
      turns--;
      recounts.increment();
      write(each.key, each.apiVersion, each.rules, each.standing);
    }
  }

  private long saidNanos(PolicyKey key) {
    Said before = said.get(key);
    return before == null ? 0 : before.atNanos;
  }

  @SuppressWarnings("ReferenceEquality") // views share what did not change
  private JsonNode read(PolicyKey key, Policy document) {
    Read known = read.get(key);
    if (known == null || known.document != document) {
      known = new Read(document, parsed(document));
      read.put(key, known);
    }
    return known.object;
  }

  private static JsonNode parsed(Policy document) {
    try {
      return MAPPER.readTree(document.getJson());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a stored document is no JSON: " + document.getKey(), e);
    }
  }

  private void write(
      PolicyKey key, String apiVersion, WantedStatus rules, @Nullable Standing standing) {
    WantedStatus wanted = standing == null ? rules : rules.with(InForceCondition.of(standing));
    try {
      for (int i = 0; i < ATTEMPTS; i++) {
        if (attempt(key, apiVersion, wanted) != Outcome.CONFLICT) {
          said.put(key, new Said(rules, standing, System.nanoTime()));
          notBefore.remove(key);
          tell("");
          return;
        }
      }
      notBefore.put(key, System.nanoTime());
    } catch (KubernetesClientException e) {
      failures.increment();
      notBefore.put(key, System.nanoTime() + AFTER_FAILURE.toNanos());
      tell(
          "the status of "
              + key.getKind()
              + " "
              + key.getNamespace()
              + "/"
              + key.getName()
              + " could not be written: "
              + reason(e)
              + (e.getCode() == 403
                  ? "; the control plane's role needs get on it, and update on its status"
                  : ""));
    }
  }

  /** The client's own message says only that something failed, when nobody answered. */
  private static String reason(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String message = root.getMessage();
    return message == null ? root.toString() : message;
  }

  private Outcome attempt(PolicyKey key, String apiVersion, WantedStatus wanted) {
    ObjectNode object = api.get(apiVersion, key);
    if (object == null) {
      return Outcome.GONE;
    }
    Instant now = Instant.now();
    ObjectNode status = StatusMerge.merge(object.path("status"), wanted, now);
    if (status == null) {
      return Outcome.WRITTEN;
    }
    List<Condition> news = news(object, wanted);
    object.set("status", status);
    Outcome outcome = api.put(apiVersion, key, object);
    if (outcome == Outcome.WRITTEN) {
      writes.increment();
      for (Condition condition : news) {
        api.warn(object, condition, now);
        events.increment();
      }
    }
    return outcome;
  }

  /** What is wrong, and was not said in the status before. */
  private static List<Condition> news(ObjectNode object, WantedStatus wanted) {
    String before = object.path("status").toString();
    var news = new ArrayList<Condition>();
    for (Condition problem : wanted.problems()) {
      // What is on its way is no trouble, and a refusal is one event, however many join in it.
      boolean known =
          problem.type().equals(InForceCondition.TYPE)
              ? !problem.reason().equals(InForceCondition.REFUSED)
                  || before.contains(TextNode.valueOf(InForceCondition.REFUSED).toString())
              : before.contains(TextNode.valueOf(problem.message()).toString());
      if (!known) {
        news.add(problem);
      }
    }
    return news;
  }

  private void tell(String now) {
    if (!now.equals(trouble)) {
      LOG.log(
          now.isEmpty() ? Level.INFO : Level.WARNING,
          now.isEmpty() ? "statuses can be written again" : now);
      trouble = now;
    }
  }
}
