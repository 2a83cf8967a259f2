package dev.weft.cli.check.gather;

import dev.weft.cli.check.rule.GatewayApiCheck;
import dev.weft.cli.check.rule.InjectionCheck.Refusal;
import dev.weft.cli.check.rule.Pods;
import dev.weft.controlplane.validate.policy.Kinds;
import io.fabric8.kubernetes.api.model.APIGroup;
import io.fabric8.kubernetes.api.model.APIResource;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GroupVersionForDiscovery;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetCondition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/** Lists objects of the API server, as far as the person may see them. Blocks. */
final class ClusterObjects {
  private static final String LABEL = "app.kubernetes.io/part-of";
  private static final String WEFT = "weft";

  /** An event that is older says nothing about now. */
  private static final Duration RECENT = Duration.ofMinutes(5);

  private final KubernetesClient client;
  private final Permitted permitted;

  ClusterObjects(KubernetesClient client, Permitted permitted) {
    this.client = client;
    this.permitted = permitted;
  }

  /** Namespaces of the mesh that are there to stay. */
  List<Namespace> meshNamespaces() {
    return permitted.read(
        "list namespaces",
        List.of(),
        () ->
            client.namespaces().withLabel("weft.dev/inject", "enabled").list().getItems().stream()
                .filter(each -> each.getMetadata().getDeletionTimestamp() == null)
                .toList());
  }

  /** What a ConfigMap says under a key; empty: nothing. */
  String configMap(String namespace, String name, String key) {
    return permitted.read(
        "get the ConfigMap " + namespace + "/" + name,
        "",
        () -> value(client.configMaps().inNamespace(namespace).withName(name).get(), key));
  }

  private static String value(ConfigMap map, String key) {
    return map == null || map.getData() == null ? "" : map.getData().getOrDefault(key, "");
  }

  /** What a list of each namespace gives, one after the other. */
  <T> List<T> ofEach(List<String> namespaces, String what, Function<String, List<T>> list) {
    var all = new ArrayList<T>();
    for (String namespace : namespaces) {
      all.addAll(
          permitted.read(
              "list " + what + " in namespace " + namespace,
              List.of(),
              () -> list.apply(namespace)));
    }
    return all;
  }

  /** The versions in which the kinds of routes and policies are served. */
  Map<String, List<String>> served() {
    Map<String, List<String>> served = new HashMap<>();
    for (String group : List.of(Kinds.GATEWAY_GROUP, Kinds.WEFT_GROUP)) {
      APIGroup found = client.getApiGroup(group);
      for (GroupVersionForDiscovery version :
          found == null ? List.<GroupVersionForDiscovery>of() : found.getVersions()) {
        for (APIResource resource :
            client.getApiResources(version.getGroupVersion()).getResources()) {
          served
              .computeIfAbsent(resource.getName() + "." + group, _ -> new ArrayList<>())
              .add(version.getVersion());
        }
      }
    }
    return served;
  }

  /**
   * Routes and policies.
   *
   * @param namespace empty: every one
   */
  List<GenericKubernetesResource> policies(Map<String, List<String>> served, String namespace) {
    var all = new ArrayList<GenericKubernetesResource>();
    for (Kinds.Served kind : Kinds.served()) {
      List<String> there = served.getOrDefault(GatewayApiCheck.key(kind), List.of());
      boolean hasStatus = kind.kind().endsWith("Route") || kind.group().equals(Kinds.WEFT_GROUP);
      if (!hasStatus || there.stream().noneMatch(kind.versions()::contains)) {
        continue;
      }
      String version =
          kind.versions().stream().filter(there::contains).findFirst().orElse(there.getFirst());
      var resources =
          client.genericKubernetesResources(
              new ResourceDefinitionContext.Builder()
                  .withGroup(kind.group())
                  .withVersion(version)
                  .withKind(kind.kind())
                  .withPlural(kind.plural())
                  .withNamespaced(true)
                  .build());
      all.addAll(
          permitted.read(
              "list " + kind.plural() + "." + kind.group(),
              List.of(),
              () ->
                  (namespace.isEmpty()
                          ? resources.inAnyNamespace().list()
                          : resources.inNamespace(namespace).list())
                      .getItems()));
    }
    return all;
  }

  /** Pods that somebody wanted to make in that namespace, and was refused. */
  List<Refusal> refusals(String namespace) {
    var refusals = new ArrayList<Refusal>();
    for (ReplicaSet set : client.apps().replicaSets().inNamespace(namespace).list().getItems()) {
      for (ReplicaSetCondition condition :
          set.getStatus() == null
              ? List.<ReplicaSetCondition>of()
              : set.getStatus().getConditions()) {
        if (condition.getType().equals("ReplicaFailure") && condition.getStatus().equals("True")) {
          refusals.add(new Refusal("replicaset " + Pods.key(set), condition.getMessage()));
        }
      }
    }
    Map<String, Refusal> others = new HashMap<>();
    for (Event event :
        client
            .v1()
            .events()
            .inNamespace(namespace)
            .withField("reason", "FailedCreate")
            .list()
            .getItems()) {
      String kind = event.getInvolvedObject().getKind();
      String last = event.getLastTimestamp();
      if (!kind.equals("ReplicaSet")
          && last != null
          && Instant.parse(last).plus(RECENT).isAfter(Instant.now())) {
        String maker =
            kind.toLowerCase(Locale.ROOT)
                + " "
                + namespace
                + "/"
                + event.getInvolvedObject().getName();
        others.put(maker, new Refusal(maker, event.getMessage()));
      }
    }
    refusals.addAll(others.values());
    return refusals;
  }

  /** Everything that carries Weft's label, but what is in the namespace that goes with it. */
  List<HasMetadata> leftovers(String system) {
    var all = new ArrayList<HasMetadata>();
    add(all, "namespaces", () -> client.namespaces().withLabel(LABEL, WEFT).list().getItems());
    add(
        all,
        "clusterroles",
        () -> client.rbac().clusterRoles().withLabel(LABEL, WEFT).list().getItems());
    add(
        all,
        "clusterrolebindings",
        () -> client.rbac().clusterRoleBindings().withLabel(LABEL, WEFT).list().getItems());
    add(
        all,
        "mutatingwebhookconfigurations",
        () ->
            client
                .admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withLabel(LABEL, WEFT)
                .list()
                .getItems());
    add(
        all,
        "validatingwebhookconfigurations",
        () ->
            client
                .admissionRegistration()
                .v1()
                .validatingWebhookConfigurations()
                .withLabel(LABEL, WEFT)
                .list()
                .getItems());
    add(
        all,
        "customresourcedefinitions",
        () ->
            client
                .apiextensions()
                .v1()
                .customResourceDefinitions()
                .withLabel(LABEL, WEFT)
                .list()
                .getItems());
    add(
        all,
        "configmaps",
        () -> client.configMaps().inAnyNamespace().withLabel(LABEL, WEFT).list().getItems());
    all.removeIf(object -> system.equals(object.getMetadata().getNamespace()));
    return all;
  }

  private void add(
      List<HasMetadata> all, String what, Supplier<? extends List<? extends HasMetadata>> list) {
    all.addAll(permitted.<List<? extends HasMetadata>>read("list " + what, List.of(), list::get));
  }
}
