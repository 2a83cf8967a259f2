package dev.weft.soak.mesh;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonSyntaxException;
import dev.weft.cli.demo.mesh.ServiceInstance;
import dev.weft.cli.demo.process.Await;
import dev.weft.proto.mesh.v1.NodeStatus;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.ListInstancesResponse;
import dev.weft.proto.registry.v1.Readiness;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Whether a mesh has come to rest: every process lives, every replica lists the same instances and
 * those are the ones that there are, every sidecar has what the registry has, and changes go
 * through. Main thread only.
 */
public final class Equality implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration FOLLOW_LIMIT = Duration.ofSeconds(5);
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);

  private static final String PROBE_NAME = "soak-probe";
  private static final String PROBE =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: %s, annotations: {soak/number: "%d"}}
      spec:
        selector: {app: nobody}
        ports: [{name: http, port: 80}]
      """;

  private final SoakMesh mesh;
  private final Settings settings;
  private int probes;

  /** By kind and name, as they are when nothing has been changed yet; empty: not known yet. */
  private Map<String, String> steady = Map.of();

  private final HttpClient http = HttpClient.newBuilder().connectTimeout(ANSWER_LIMIT).build();

  public Equality(SoakMesh mesh) {
    this.mesh = mesh;
    settings = new Settings(mesh);
  }

  /**
   * Waits for a minute at most. A mesh that looks equal because nothing can be changed in it any
   * more is not: each replica is asked for a change, which every other has to follow.
   *
   * @return what is not equal even then; empty: nothing
   */
  public List<String> await() {
    List<String> differences = new ArrayList<>();
    var _ =
        Await.until(
            LIMIT,
            () -> {
              differences.clear();
              differences.addAll(differences());
              if (differences.isEmpty()) {
                change(differences);
              }
              return differences.isEmpty() || !mesh.dead().isEmpty();
            });
    return differences;
  }

  /** By id, with everything that is in force of it. */
  private static Map<String, String> listed(ListInstancesResponse response) {
    Map<String, String> listed = new TreeMap<>();
    for (Instance instance : response.getInstancesList()) {
      listed.put(
          instance.getId(),
          instance.getIncarnation()
              + " "
              + instance.getReadiness()
              + " "
              + instance.getAddress()
              + ":"
              + instance.getPorts(0).getPort()
              + " weight "
              + instance.getWeight());
    }
    return listed;
  }

  /** The incarnation of each instance, as the first replica has it; empty when none answers. */
  public Map<String, String> incarnations() {
    Map<String, String> incarnations = new TreeMap<>();
    try {
      mesh.replicas()
          .getFirst()
          .api()
          .instances()
          .getInstancesList()
          .forEach(instance -> incarnations.put(instance.getId(), instance.getIncarnation()));
    } catch (StatusRuntimeException e) {
      incarnations.clear();
    }
    return incarnations;
  }

  private List<String> differences() {
    List<String> dead = mesh.dead();
    if (!dead.isEmpty()) {
      return dead.stream().map(name -> name + " has died; its log: " + mesh.logs(name)).toList();
    }
    List<String> differences = new ArrayList<>();
    try {
      ListInstancesResponse first = mesh.replicas().getFirst().api().instances();
      for (Replica replica : mesh.replicas()) {
        ListInstancesResponse listed = replica.api().instances();
        if (!listed(listed).equals(listed(first))) {
          differences.add(
              replica.name() + " lists " + listed(listed) + ", and not " + listed(first));
        }
      }
      registered(first, differences);
      nodes(differences);
      documents(differences);
      for (Edge edge : mesh.edges()) {
        endpoints(edge.name(), edge.adminPort(), SoakMesh.FRONTEND, first, differences);
      }
      for (ServiceInstance instance : mesh.instances().values()) {
        if (instance.service().equals(SoakMesh.FRONTEND)) {
          endpoints(instance.id(), instance.adminPort(), SoakMesh.CALLEE, first, differences);
        }
      }
    } catch (StatusRuntimeException e) {
      differences.add("a replica answers " + e.getStatus());
    }
    return differences;
  }

  private void registered(ListInstancesResponse listed, List<String> differences) {
    Set<String> ready = new TreeSet<>();
    Set<String> others = new TreeSet<>();
    for (Instance instance : listed.getInstancesList()) {
      boolean good = instance.getReadiness() == Readiness.READY && !instance.hasOverride();
      var _ = (good ? ready : others).add(instance.getId());
    }
    if (!ready.equals(mesh.instances().keySet()) || !others.isEmpty()) {
      differences.add(
          "ready are " + ready + " of " + mesh.instances().keySet() + ", not ready " + others);
    }
  }

  private void nodes(List<String> differences) {
    Set<String> synced = new TreeSet<>();
    Set<String> others = new TreeSet<>();
    for (Replica replica : mesh.replicas()) {
      for (NodeStatus node : replica.api().nodes().getNodesList()) {
        boolean good = node.getState() == NodeStatus.SyncState.SYNCED;
        if (good) {
          synced.add(node.getNode().getId());
        } else {
          others.add(node.getNode().getId() + " is " + node.getState() + " at " + replica.name());
        }
      }
    }
    Set<String> expected = new TreeSet<>(mesh.instances().keySet());
    mesh.edges().forEach(edge -> expected.add(edge.name()));
    if (!synced.equals(expected) || !others.isEmpty()) {
      differences.add("in sync are " + synced + " of " + expected + ", others: " + others);
    }
  }

  /** What was changed is what it was again, at every replica and every instance. */
  private void documents(List<String> differences) {
    for (Replica replica : mesh.replicas()) {
      Map<String, String> documents = documents(replica);
      if (steady.isEmpty()) {
        steady = documents;
      }
      Map<String, String> others = new TreeMap<>(documents);
      others.entrySet().removeAll(steady.entrySet());
      Set<String> missing = new TreeSet<>(steady.keySet());
      missing.removeAll(documents.keySet());
      if (!others.isEmpty() || !missing.isEmpty()) {
        differences.add(
            replica.name()
                + " has other documents than at first: "
                + others
                + ", and none of "
                + missing);
      }
    }
    Map<String, String> expected = settings.expected(0);
    Map<String, String> present = settings.present();
    if (!present.equals(expected)) {
      differences.add("of " + Settings.KEY + " applications are given " + present);
    }
  }

  private static Map<String, String> documents(Replica replica) {
    Map<String, String> documents = new TreeMap<>();
    for (Policy policy : replica.api().policies().getPoliciesList()) {
      if (!policy.getKey().getName().equals(PROBE_NAME)) {
        documents.put(
            policy.getKey().getKind() + " " + policy.getKey().getName(), policy.getJson());
      }
    }
    return documents;
  }

  private void change(List<String> differences) {
    for (Replica replica : mesh.replicas()) {
      try {
        long revision =
            replica.api().apply("probe.yaml", PROBE.formatted(PROBE_NAME, ++probes)).getRevision();
        for (Replica each : mesh.replicas()) {
          if (!Await.until(FOLLOW_LIMIT, () -> each.api().nodes().getRevision() >= revision)) {
            differences.add(
                each.name() + " does not follow to revision " + revision + " of " + replica.name());
          }
        }
      } catch (StatusRuntimeException e) {
        differences.add(replica.name() + " takes no change: " + e.getStatus());
      }
    }
  }

  /** What a sidecar balances over is what the registry has of that service. */
  private void endpoints(
      String name,
      int adminPort,
      String service,
      ListInstancesResponse listed,
      List<String> differences) {
    Map<String, String> expected = new TreeMap<>();
    Predicate<Instance> wanted = instance -> instance.getService().equals(service);
    listed.getInstancesList().stream()
        .filter(wanted)
        .forEach(
            instance ->
                expected.put(
                    instance.getId(),
                    instance.getAddress() + ":" + instance.getPorts(0).getPort()));
    try {
      Map<String, String> present = endpoints(adminPort);
      if (!present.equals(expected)) {
        differences.add(name + " has the endpoints " + present + ", and not " + expected);
      }
    } catch (IOException | JsonSyntaxException e) {
      differences.add(name + "'s admin port " + adminPort + " does not answer: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private Map<String, String> endpoints(int adminPort) throws IOException, InterruptedException {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + "/clusters"))
                .timeout(ANSWER_LIMIT)
                .build(),
            HttpResponse.BodyHandlers.ofString());
    Map<String, String> endpoints = new TreeMap<>();
    JsonObject page = JsonParser.parseString(answer.body()).getAsJsonObject();
    for (JsonElement cluster : page.getAsJsonArray("clusters")) {
      for (JsonElement each : cluster.getAsJsonObject().getAsJsonArray("endpoints")) {
        JsonObject endpoint = each.getAsJsonObject();
        endpoints.put(endpoint.get("id").getAsString(), endpoint.get("address").getAsString());
      }
    }
    return endpoints;
  }

  @Override
  public void close() {
    settings.close();
    http.close();
  }
}
