package dev.weft.controlplane.compile;

import dev.weft.controlplane.model.Workload;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Divides the workloads of a cluster into slices. A pure function of the set, so that all replicas
 * agree, and such that one workload that comes or goes touches one slice.
 *
 * <p>The slices are the leaves of a binary tree over the hashes of the ids: a leaf that would hold
 * more than 100 is divided by the next bit. The root is 1 and the children of n are 2n and 2n+1, so
 * a slice's number also says which hashes it holds. Only when a leaf overflows, or two fit into one
 * again, do others change.
 */
final class SliceLayout {
  /** The most endpoints of one slice. */
  static final int MOST = 100;

  /** Keeps a slice's number below ten digits, which is what the wire allows. */
  private static final int MAX_DEPTH = 28;

  private SliceLayout() {}

  /** By slice number, each in the order of the ids; one empty slice when there is no workload. */
  static SortedMap<Long, List<Workload>> of(Collection<Workload> workloads) {
    var sorted = new ArrayList<Hashed>(workloads.size());
    for (Workload workload : workloads) {
      sorted.add(new Hashed(hash(workload.id()), workload));
    }
    sorted.sort(Comparator.comparing(hashed -> hashed.workload().id()));
    var slices = new TreeMap<Long, List<Workload>>();
    divide(sorted, 1, 0, slices);
    return slices;
  }

  private static void divide(
      List<Hashed> members, long number, int depth, SortedMap<Long, List<Workload>> slices) {
    if (members.size() <= MOST || depth == MAX_DEPTH) {
      slices.put(number, members.stream().map(Hashed::workload).toList());
      return;
    }
    var zeros = new ArrayList<Hashed>();
    var ones = new ArrayList<Hashed>();
    for (Hashed member : members) {
      (((member.hash() >>> (63 - depth)) & 1) == 0 ? zeros : ones).add(member);
    }
    divide(zeros, number * 2, depth + 1, slices);
    divide(ones, number * 2 + 1, depth + 1, slices);
  }

  /** FNV-1a with a final mix, because the tree takes the high bits first. */
  private static long hash(String id) {
    long hash = 0xcbf29ce484222325L;
    for (byte next : id.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (next & 0xff)) * 0x100000001b3L;
    }
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    return hash ^ (hash >>> 33);
  }

  private record Hashed(long hash, Workload workload) {}
}
