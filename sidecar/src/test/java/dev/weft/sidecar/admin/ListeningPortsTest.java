package dev.weft.sidecar.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.sidecar.admin.ListeningPorts.Listening;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the kernel says of listening sockets is understood. */
class ListeningPortsTest {
  /** As a machine of little end wrote it: loopback, every address, and a connection. */
  private static final List<String> TABLE =
      List.of(
          "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid",
          "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 1",
          "   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 2",
          "   2: 0700F40A:0050 0800F40A:D431 01 00000000:00000000 00:00000000 00000000  1000 0 3",
          "   0: 00000000000000000000000001000000:2382 00000000000000000000000000000000:0000 0A 0:0",
          "   1: 000080FE00000000FF005450B6AD1DFE:2383 00000000000000000000000000000000:0000 0A 0:0");

  @Test
  void addresses_and_ports_of_what_listens_are_read() {
    assertThat(ListeningPorts.parse(TABLE, ByteOrder.LITTLE_ENDIAN))
        .containsExactly(
            new Listening("0.0.0.0", 80),
            new Listening("127.0.0.1", 8080),
            new Listening("0:0:0:0:0:0:0:1", 9090),
            new Listening("fe80:0:0:0:5054:ff:fe1d:adb6", 9091));
  }

  @Test
  void a_machine_of_big_end_writes_them_the_other_way_round() {
    assertThat(
            ListeningPorts.parse(
                List.of("   0: 7F000001:1F90 00000000:0000 0A 0:0"), ByteOrder.BIG_ENDIAN))
        .containsExactly(new Listening("127.0.0.1", 8080));
  }

  @Test
  void this_machine_is_asked() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var json = new JsonWriter().object();
      ListeningPorts.write(json);

      assertThat(json.endObject().toString())
          .contains("\"listening_known\": true")
          .contains("\"port\": " + socket.getLocalPort());
    }
  }
}
