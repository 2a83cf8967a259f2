package dev.weft.sidecar.app.intercept;

import static dev.weft.sidecar.app.intercept.Callers.http;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The rules come and go as a whole, by each program, and touch nobody else's. */
class RulesInForceTest {
  private static final int C = 2;
  private static final int O = 3;

  private @Nullable Namespaces net;

  @TempDir @Nullable Path logs;

  @BeforeEach
  void start() {
    assumeThat(Namespaces.impossible()).isEmpty();
    Namespaces made = new Namespaces(Objects.requireNonNull(logs));
    net = made;
    made.add("c", C);
    made.add("o", O);
  }

  @AfterEach
  void stop() {
    if (net != null) {
      net.close();
    }
  }

  @ParameterizedTest
  @EnumSource(RulesBy.class)
  void runAgainTheyAreTheSameAndWithOtherFlagsThoseAlone(RulesBy program) {
    assumeThat(program.impossible(net(), "c")).isEmpty();
    serveOnO();
    program.addOthers(net(), "c", 1);
    program.intercept(net(), "c");
    String plain = program.inForce(net(), "c");
    program.intercept(net(), "c", "--exclude-outbound-ports=8080", "--exclude-uids=1234");
    String excluding = program.inForce(net(), "c");

    program.intercept(net(), "c", "--exclude-outbound-ports=8080", "--exclude-uids=1234");
    assertThat(program.inForce(net(), "c")).isEqualTo(excluding).isNotEqualTo(plain);
    assertThat(call()).startsWith("o /");

    program.intercept(net(), "c");
    assertThat(program.inForce(net(), "c")).isEqualTo(plain).contains("15001", "15006");
    // Nobody listens where the rules lead.
    assertThat(new Callers(net()).status("c", http(net().ipv4(O), 8080))).isEqualTo("000");
  }

  /** Also what others have put in force since. */
  @ParameterizedTest
  @EnumSource(RulesBy.class)
  void undoneTheyLeaveEverybodyElsesAsIfTheyHadNeverBeen(RulesBy program) {
    assumeThat(program.impossible(net(), "c")).isEmpty();
    serveOnO();
    net().add("d", 4);
    program.addOthers(net(), "d", 1);
    program.addOthers(net(), "d", 2);
    program.addOthers(net(), "c", 1);
    program.intercept(net(), "c");
    program.addOthers(net(), "c", 2);

    program.intercept(net(), "c", "--undo");

    assertThat(program.inForce(net(), "c")).isEqualTo(program.inForce(net(), "d"));
    assertThat(call()).startsWith("o /");
    program.intercept(net(), "c", "--undo");
    assertThat(program.inForce(net(), "c")).isEqualTo(program.inForce(net(), "d"));
  }

  @Test
  void whereThereIsNoNftIptablesAreTaken() {
    assumeThat(RulesBy.IPTABLES.impossible(net(), "c")).isEmpty();
    String hidden =
        "mount --bind /dev/null \"$(readlink -f \"$(command -v nft)\")\" && exec \"$@\"";
    var command = new ArrayList<>(List.of("sh", "-c", hidden, "sh"));
    command.addAll(Namespaces.command(Namespaces.SIDECAR));
    command.add("intercept");

    net().in("c", command.toArray(String[]::new));

    assertThat(RulesBy.IPTABLES.inForce(net(), "c")).contains("--to-ports 15001");
    assertThat(net().in("c", "nft", "list", "tables")).doesNotContain("inet weft");
  }

  private void serveOnO() {
    Path log = net().java("o", false, Namespaces.APP, List.of("o", "http=8080@0.0.0.0"));
    await().atMost(30, TimeUnit.SECONDS).until(() -> Namespaces.text(log).contains("up"));
  }

  private String call() {
    return new Callers(net()).curl("c", http(net().ipv4(O), 8080));
  }

  private Namespaces net() {
    return Objects.requireNonNull(net);
  }
}
