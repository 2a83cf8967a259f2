package dev.weft.controlplane.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SortedTreeTest {
  @Test
  void agreesWithATreeMapAndLeavesOlderTreesAlone() {
    Random random = new Random(7);
    TreeMap<String, Integer> expected = new TreeMap<>();
    SortedTree<Integer> tree = SortedTree.empty();
    for (int i = 0; i < 20_000; i++) {
      String key = "ns" + random.nextInt(3) + "/" + random.nextInt(500);
      SortedTree<Integer> before = tree;
      Integer valueBefore = before.get(key);
      if (random.nextInt(3) == 0) {
        expected.remove(key);
        tree = tree.remove(key);
      } else {
        expected.put(key, i);
        tree = tree.put(key, i);
      }
      assertThat(before.get(key)).isEqualTo(valueBefore);
    }
    List<Integer> values = new ArrayList<>();
    tree.forEach(values::add);
    assertThat(values).containsExactlyElementsOf(expected.values());
    assertThat(tree.size()).isEqualTo(expected.size());
    List<Integer> prefixed = new ArrayList<>();
    tree.forEachWithPrefix("ns1/", prefixed::add);
    assertThat(prefixed)
        .containsExactlyElementsOf(expected.subMap("ns1/", "ns10").values())
        .isNotEmpty();
    assertThat(tree.containsPrefix("ns2/")).isTrue();
    assertThat(tree.containsPrefix("ns3/")).isFalse();
  }

  @Test
  void aChangeOfOneAmongTenThousandCopiesOnePath() {
    SortedTree<Integer> tree = SortedTree.empty();
    for (int i = 0; i < 10_000; i++) {
      tree = tree.put("default/" + i, i);
    }
    assertThat(tree.put("default/5000", -1).unsharedWith(tree)).isLessThan(20);
    assertThat(tree.remove("default/5000").unsharedWith(tree)).isLessThan(40);
  }
}
