package dev.weft.controlplane.source.kubernetes;

import dev.weft.controlplane.source.kubernetes.api.InformerStatus;
import java.util.ArrayList;
import java.util.List;

/**
 * How well Kubernetes is followed. Immutable.
 *
 * @param leading whether this replica is the one that writes
 * @param problems for people, each once; empty: none
 * @param kinds each kind that is followed
 */
public record KubernetesStatus(boolean leading, List<String> problems, List<Kind> kinds) {
  /** Copies the lists. */
  public KubernetesStatus {
    problems = List.copyOf(problems);
    kinds = List.copyOf(kinds);
  }

  /** One kind, by its plural and group. */
  public record Kind(String name, InformerStatus status) {}

  /** Whether all objects of all kinds were seen at least once. */
  public boolean synced() {
    return kinds.stream().allMatch(kind -> kind.status().complete());
  }

  /** The same in lines for a person. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        (synced() ? "all kinds known" : "not all kinds known yet")
            + (leading ? ", this replica writes" : ""));
    lines.addAll(problems);
    return lines;
  }
}
