package dev.weft.controlplane.webhook.injection;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.weft.controlplane.webhook.injection.Injection.Injected;
import dev.weft.controlplane.webhook.injection.Injection.LeftAlone;
import dev.weft.controlplane.webhook.injection.Injection.Refused;
import dev.weft.controlplane.webhook.injection.Injection.Skipped;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Gives a pod its sidecar, or says why not. Pure: the same pod and configuration give the same
 * result, and a pod that has a sidecar stays as it is. Free for any thread.
 */
public final class Injector {
  /** The label of a namespace, and the label or annotation of a pod. */
  public static final String INJECT = PodAnnotations.INJECT;

  private static final String INJECTED = "injected";
  private static final String SKIPPED = "skipped";
  private static final String MIRROR = "kubernetes.io/config.mirror";
  private static final String DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container";
  private static final String SCRAPE = "prometheus.io/";
  private static final String EVICTABLE =
      "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes";

  private final InjectionConfig config;
  private final boolean nativeSidecars;
  private final String hash;

  /**
   * @param clusterHasNative whether the cluster has native sidecars (Kubernetes 1.29 and newer)
   */
  public Injector(InjectionConfig config, boolean clusterHasNative) {
    this.config = config;
    nativeSidecars = config.nativeIn(clusterHasNative);
    hash = SidecarTemplate.hash(config, nativeSidecars);
  }

  /** What this template's pods say in {@code weft.dev/template-hash}. */
  public String templateHash() {
    return hash;
  }

  /**
   * Decides about a pod; the given tree stays as it is.
   *
   * @param pod with {@code metadata} and {@code spec}; a pod template will do
   * @param namespaceLabels of the namespace that the pod is in
   */
  public Injection inject(JsonObject pod, Map<String, String> namespaceLabels) {
    Map<String, String> annotations = Json.texts(pod, "metadata", "annotations");
    var read = new PodAnnotations(annotations);
    String own = ownWish(Json.texts(pod, "metadata", "labels"), annotations);
    if (own.equals(Formats.DISABLED)) {
      return new LeftAlone(INJECT + " of the pod is disabled");
    }
    if (own.isEmpty() && !Formats.ENABLED.equals(namespaceLabels.get(INJECT))) {
      return new LeftAlone("neither the namespace nor the pod has " + INJECT + "=enabled");
    }
    if (annotations.containsKey(MIRROR)) {
      return new LeftAlone("it mirrors a static pod of its node");
    }
    if (isInjected(pod)) {
      return new LeftAlone("it has a sidecar");
    }
    String unfit = Obstacles.unfit(pod);
    if (unfit != null) {
      return own.equals(Formats.ENABLED)
          ? new Refused(List.of(unfit))
          : new Skipped(marked(pod, unfit), unfit);
    }
    PodSettings settings = read.settings(config);
    var reasons = new ArrayList<>(read.errors());
    if (!own.isEmpty() && !own.equals(Formats.ENABLED)) {
      reasons.add(PodAnnotations.wrong(INJECT, own, "enabled or disabled"));
    }
    reasons.addAll(Obstacles.in(pod));
    reasons.addAll(ConfigVolume.obstacles(pod, settings.configFolder()));
    return reasons.isEmpty() ? injected(pod, settings, read.warnings()) : new Refused(reasons);
  }

  /** Whether a pod has a sidecar of ours. */
  public static boolean isInjected(JsonObject pod) {
    return Json.text(pod, "metadata", "annotations", PodAnnotations.STATUS).equals(INJECTED)
        && (named(pod, "initContainers") || named(pod, "containers"));
  }

  private static boolean named(JsonObject pod, String list) {
    return Json.objects(pod, "spec", list).stream()
        .anyMatch(container -> Json.text(container, "name").equals(SidecarTemplate.SIDECAR));
  }

  /** What the pod itself says: its label first, because selectors see nothing else. */
  private static String ownWish(Map<String, String> labels, Map<String, String> annotations) {
    return labels.getOrDefault(INJECT, annotations.getOrDefault(INJECT, ""));
  }

  private static JsonObject marked(JsonObject pod, String reason) {
    JsonObject copy = pod.deepCopy();
    JsonObject annotations = Json.child(Json.child(copy, "metadata"), "annotations");
    annotations.addProperty(PodAnnotations.STATUS, SKIPPED);
    annotations.addProperty(PodAnnotations.REASON, reason);
    return copy;
  }

  private Injected injected(JsonObject pod, PodSettings settings, List<String> warnings) {
    JsonObject copy = pod.deepCopy();
    JsonObject spec = Json.child(copy, "spec");
    var probes = new ProbeRewrite();
    Json.objects(spec, "initContainers").forEach(probes::container);
    Json.objects(spec, "containers").forEach(probes::container);
    ConfigVolume.mount(spec, settings.configFolder());
    annotate(copy, settings);
    JsonObject init = SidecarTemplate.init(config, settings, nativeSidecars);
    JsonObject sidecar =
        SidecarTemplate.sidecar(
            config,
            settings,
            Json.texts(pod, "metadata", "labels"),
            probes.probes(),
            nativeSidecars);
    if (nativeSidecars) {
      // The JVM starts while the kubelet has yet to see that it may go on with the init step.
      prepend(spec, "initContainers", List.of(sidecar, init));
    } else {
      // The application's own init containers have no sidecar yet: what they call is not
      // intercepted.
      append(spec, "initContainers", List.of(init));
      prepend(spec, "containers", List.of(sidecar));
    }
    append(spec, "volumes", SidecarTemplate.volumes(config, settings));
    var all = new ArrayList<>(warnings);
    all.addAll(probes.warnings());
    if (!nativeSidecars && runsToCompletion(pod)) {
      all.add(
          "this pod is to complete, and will not: its sidecar goes on running, because native"
              + " sidecars (Kubernetes 1.29 and newer) are off; opt out with the label "
              + INJECT
              + "=disabled");
    }
    return new Injected(copy, all);
  }

  private void annotate(JsonObject pod, PodSettings settings) {
    JsonObject annotations = Json.child(Json.child(pod, "metadata"), "annotations");
    annotations.addProperty(PodAnnotations.STATUS, INJECTED);
    annotations.addProperty(PodAnnotations.TEMPLATE, hash);
    annotations.remove(PodAnnotations.REASON);
    if (!annotations.has(DEFAULT_CONTAINER)) {
      String first = Json.text(Json.objects(pod, "spec", "containers").getFirst(), "name");
      annotations.addProperty(DEFAULT_CONTAINER, first);
    }
    if (config.scrape() && annotations.keySet().stream().noneMatch(n -> n.startsWith(SCRAPE))) {
      annotations.addProperty(SCRAPE + "scrape", "true");
      annotations.addProperty(SCRAPE + "port", String.valueOf(SidecarTemplate.PROBE_PORT));
      annotations.addProperty(SCRAPE + "path", "/metrics");
    }
    // The cluster autoscaler would keep a node for the sake of our state, which nobody misses.
    String ours =
        SidecarTemplate.STATE + (settings.configFolder().isEmpty() ? "" : "," + ConfigVolume.NAME);
    String evictable = Json.text(annotations, EVICTABLE);
    annotations.addProperty(EVICTABLE, evictable.isEmpty() ? ours : evictable + "," + ours);
  }

  private static boolean runsToCompletion(JsonObject pod) {
    return List.of("Never", "OnFailure").contains(Json.text(pod, "spec", "restartPolicy"));
  }

  private static void prepend(JsonObject spec, String name, List<JsonObject> first) {
    JsonArray all = Json.list(first);
    if (Json.at(spec, name) instanceof JsonArray there) {
      all.addAll(there);
    }
    spec.add(name, all);
  }

  private static void append(JsonObject spec, String name, Iterable<? extends JsonElement> last) {
    JsonArray all = Json.at(spec, name) instanceof JsonArray there ? there : new JsonArray();
    last.forEach(all::add);
    spec.add(name, all);
  }
}
