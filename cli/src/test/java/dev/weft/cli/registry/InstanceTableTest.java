package dev.weft.cli.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.proto.discovery.v1.Locality;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstanceOverride;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Who brought an instance, who changed it and when, in the columns where people look for it. */
class InstanceTableTest {
  private static final Instance CHANGED =
      Instance.newBuilder()
          .setNamespace("default")
          .setService("catalog")
          .setId("catalog-0")
          .setAddress("10.0.0.7")
          .putLabels("version", "v2")
          .setWeight(100)
          .setSource("self")
          .setRevision(42)
          .setLocality(Locality.newBuilder().setRegion("eu").setZone("b"))
          .setRegisteredAtMillis(ago(Duration.ofDays(3)))
          .setRegisteredBy("system:serviceaccount:shop:catalog")
          .setChangedAtMillis(ago(Duration.ofHours(5)))
          .setChangedBy("its own heartbeat")
          .setOverride(InstanceOverride.newBuilder().setDrained(true).setReason("disk swap"))
          .build();

  @Test
  void wideSaysWhoRegisteredItAndWhoChangedItAndWhen() {
    String text = print(true, CHANGED);
    assertThat(cells(text, "ZONE", "REGISTERED", "BY", "CHANGED", "BY 2", "OVERRIDE"))
        .containsExactly(
            Map.entry("ZONE", "b"),
            Map.entry("REGISTERED", "3d"),
            Map.entry("BY", "system:serviceaccount:shop:catalog"),
            Map.entry("CHANGED", "5h"),
            Map.entry("BY 2", "its own heartbeat"),
            Map.entry("OVERRIDE", "drained: disk swap"));
  }

  @Test
  void whatNobodyChangedHasNoMomentOfIt() {
    Instance fresh = CHANGED.toBuilder().clearChangedAtMillis().clearChangedBy().build();
    assertThat(cells(print(true, fresh), "CHANGED", "BY 2", "OVERRIDE"))
        .containsExactly(
            Map.entry("CHANGED", "-"),
            Map.entry("BY 2", "-"),
            Map.entry("OVERRIDE", "drained: disk swap"));
  }

  @Test
  void withoutWideThereIsNothingOfIt() {
    assertThat(print(false, CHANGED))
        .contains("catalog-0")
        .doesNotContain("REGISTERED", "heartbeat", "serviceaccount");
  }

  private static long ago(Duration age) {
    return Instant.now().minus(age).minusSeconds(1).toEpochMilli();
  }

  private static String print(boolean wide, Instance instance) {
    var table = new InstanceTable(wide);
    table.add(instance);
    var text = new StringWriter();
    var out = new PrintWriter(text);
    table.print(out);
    out.flush();
    return text.toString();
  }

  /** What stands below the headings; the second one of a name has a 2. */
  private static Map<String, String> cells(String text, String... headings) {
    List<String[]> rows = text.lines().map(line -> line.split(" {3,}", -1)).toList();
    var all = new LinkedHashMap<String, String>();
    for (int i = 0; i < rows.get(0).length; i++) {
      String name = rows.get(0)[i];
      all.put(all.containsKey(name) ? name + " 2" : name, rows.get(1)[i]);
    }
    all.keySet().retainAll(List.of(headings));
    return all;
  }
}
