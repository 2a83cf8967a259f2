package dev.weft.controlplane.source.kubernetes.object;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.Keyspace;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What Kubernetes has, and so what the store should hold: each key with its bytes, and which of
 * them have changed since they were last taken. Owned by one thread.
 */
public final class ClusterObjects {
  private final Map<String, ByteString> wanted = new HashMap<>();
  private final Set<String> changed = new LinkedHashSet<>();

  /** Of each kind of documents, the store's key of each object. */
  private final Map<String, Map<String, String>> documents = new HashMap<>();

  private final Map<String, SliceFacts> slices = new HashMap<>();
  private final Map<String, PodFacts> pods = new HashMap<>();

  /** Of each namespace that has one, how many pods have a sidecar. */
  private final Map<String, Integer> sidecars = new HashMap<>();

  private final Map<String, NodeFacts> nodes = new HashMap<>();
  private final Map<String, Set<String>> slicesOfPod = new HashMap<>();
  private final Map<String, Set<String>> slicesOfNode = new HashMap<>();

  /** What the store should hold, by key. A view: it changes with this. */
  public Map<String, ByteString> wanted() {
    return wanted;
  }

  /** The keys whose bytes have changed since this was last called. */
  public List<String> takeChanged() {
    List<String> taken = List.copyOf(changed);
    changed.clear();
    return taken;
  }

  /** All documents of a kind. */
  public void replaceDocuments(String kind, Map<String, Documents.Stored> objects) {
    gone(documents.getOrDefault(kind, Map.of()).keySet(), objects)
        .forEach(name -> removeDocument(kind, name));
    objects.forEach((name, document) -> putDocument(kind, name, document));
  }

  /** A document that is new or has changed. */
  public void putDocument(String kind, String name, Documents.Stored document) {
    documents.computeIfAbsent(kind, each -> new HashMap<>()).put(name, document.key());
    want(document.key(), document.bytes());
  }

  /** A document that is gone. */
  public void removeDocument(String kind, String name) {
    String key = documents.getOrDefault(kind, new HashMap<>()).remove(name);
    if (key != null) {
      want(key, null);
    }
  }

  /** All slices. */
  public void replaceSlices(Map<String, SliceFacts> objects) {
    gone(slices.keySet(), objects).forEach(this::removeSlice);
    objects.forEach(this::putSlice);
  }

  /** A slice that is new or has changed. */
  public void putSlice(String name, SliceFacts slice) {
    SliceFacts before = slices.get(name);
    if (slice.equals(before)) {
      return;
    }
    if (before != null) {
      forget(name, before);
      if (!EndpointJoin.key(before.bare()).equals(EndpointJoin.key(slice.bare()))) {
        want(EndpointJoin.key(before.bare()), null);
      }
    }
    slices.put(name, slice);
    slice.pods().forEach(pod -> index(slicesOfPod, pod).add(name));
    slice.nodes().forEach(node -> index(slicesOfNode, node).add(name));
    join(name);
  }

  /** A slice that is gone. */
  public void removeSlice(String name) {
    SliceFacts before = slices.remove(name);
    if (before != null) {
      forget(name, before);
      want(EndpointJoin.key(before.bare()), null);
    }
  }

  /** All pods. */
  public void replacePods(Map<String, PodFacts> objects) {
    gone(pods.keySet(), objects).forEach(this::removePod);
    objects.forEach(this::putPod);
  }

  /** A pod that is new or has changed. */
  public void putPod(String name, PodFacts pod) {
    PodFacts before = pods.put(name, pod);
    if (!pod.equals(before)) {
      countSidecars(name, before, -1);
      countSidecars(name, pod, 1);
      slicesOfPod.getOrDefault(name, Set.of()).forEach(this::join);
    }
  }

  /** A pod that is gone: its slices keep what was known of it until they change themselves. */
  public void removePod(String name) {
    countSidecars(name, pods.remove(name), -1);
  }

  /** The namespaces in which a pod has a sidecar. A view: it changes with this. */
  public Set<String> namespacesWithSidecars() {
    return Collections.unmodifiableSet(sidecars.keySet());
  }

  /** All nodes. */
  public void replaceNodes(Map<String, NodeFacts> objects) {
    gone(nodes.keySet(), objects).forEach(this::removeNode);
    objects.forEach(this::putNode);
  }

  /** A node that is new or has changed. */
  public void putNode(String name, NodeFacts node) {
    if (!node.equals(nodes.put(name, node))) {
      want(Keyspace.node(Keyspace.KUBERNETES, name), node.stored());
      slicesOfNode.getOrDefault(name, Set.of()).forEach(this::join);
    }
  }

  /** A node that is gone: its endpoints keep where it stood until their slices change. */
  public void removeNode(String name) {
    nodes.remove(name);
    want(Keyspace.node(Keyspace.KUBERNETES, name), null);
  }

  private void countSidecars(String pod, @Nullable PodFacts facts, int more) {
    if (facts != null && facts.sidecar()) {
      String namespace = pod.substring(0, Math.max(0, pod.indexOf('/')));
      int now = sidecars.getOrDefault(namespace, 0) + more;
      if (now > 0) {
        sidecars.put(namespace, now);
      } else {
        sidecars.remove(namespace);
      }
    }
  }

  private void join(String name) {
    SliceFacts slice = slices.get(name);
    if (slice != null) {
      Function<String, @Nullable PodFacts> pod = pods::get;
      Function<String, @Nullable NodeFacts> node = nodes::get;
      want(EndpointJoin.key(slice.bare()), EndpointJoin.join(slice, pod, node));
    }
  }

  private void want(String key, @Nullable ByteString bytes) {
    ByteString before = bytes == null ? wanted.remove(key) : wanted.put(key, bytes);
    if (bytes == null ? before != null : !bytes.equals(before)) {
      changed.add(key);
    }
  }

  private void forget(String name, SliceFacts slice) {
    slice.pods().forEach(pod -> unindex(slicesOfPod, pod, name));
    slice.nodes().forEach(node -> unindex(slicesOfNode, node, name));
  }

  private static Set<String> index(Map<String, Set<String>> index, String key) {
    return index.computeIfAbsent(key, each -> new HashSet<>());
  }

  private static void unindex(Map<String, Set<String>> index, String key, String name) {
    Set<String> names = index.get(key);
    if (names != null && names.remove(name) && names.isEmpty()) {
      index.remove(key);
    }
  }

  private static List<String> gone(Set<String> known, Map<String, ?> objects) {
    return known.stream().filter(name -> !objects.containsKey(name)).toList();
  }
}
