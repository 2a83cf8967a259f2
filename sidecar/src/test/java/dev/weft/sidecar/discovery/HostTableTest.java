package dev.weft.sidecar.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.VirtualHostConfig;
import dev.weft.sidecar.proxy.ResolvedHost;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class HostTableTest {
  @Test
  void findsEveryHostInAnyCaseAndNoOther() {
    var entries = new ArrayList<HostTable.Entry>();
    for (int i = 0; i < 1000; i++) {
      entries.add(new HostTable.Entry("host-" + i + ":80", host("host-" + i)));
    }
    var table = new HostTable(entries);

    for (int i = 0; i < 1000; i++) {
      ResolvedHost found = find(table, "HOST-" + i + ":80");
      assertThat(found == null ? "" : found.routes().host().name()).isEqualTo("host-" + i);
    }
    assertThat(find(table, "host-1")).isNull();
    assertThat(find(table, "")).isNull();
    assertThat(find(HostTable.EMPTY, "host-1:80")).isNull();
  }

  @Test
  void useIsMarkedUntilItIsTaken() {
    var entry = new HostTable.Entry("catalog", host("catalog"));
    var table = new HostTable(List.of(entry));
    assertThat(entry.takeUsed()).isFalse();

    find(table, "catalog");

    assertThat(entry.takeUsed()).isTrue();
    assertThat(entry.takeUsed()).isFalse();
  }

  private static @Nullable ResolvedHost find(HostTable table, String authority) {
    byte[] bytes = ("GET " + authority + " ").getBytes(StandardCharsets.ISO_8859_1);
    return table.find(ByteBuffer.wrap(bytes), 4, 4 + authority.length());
  }

  private static ResolvedHost host(String name) {
    return ResolvedHost.compile(new VirtualHostConfig(name, false, List.of(), List.of()));
  }
}
