package dev.weft.controlplane.inforce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.PolicyReader;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.liveness.ReplicaLease;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.embedded.EmbeddedStore;
import dev.weft.proto.policy.v1.Policy;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two replicas on one store: what one of them knows of its sidecars, the other is told. */
class ReplicaReportsTest {
  private static final Duration TTL = Duration.ofSeconds(30);
  private static final Document WEB = new Document("HTTPRoute", "shop", "web");
  private static final String REFUSAL = "web-1: VIRTUAL_HOST shop/web routes[0]\nis 5, expected 6";

  @TempDir Path directory;
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final Map<Document, Standing> own = new HashMap<>();
  private final Replicas leader = new Replicas("one");
  private Store store;
  private Registry registry;
  private ReplicaLease one;
  private ReplicaLease two;
  private ReplicaReports reports;
  private long nanos = 1;

  @BeforeEach
  void open() {
    store = EmbeddedStore.open(directory);
    registry = new Registry(store, PolicyReader.DOCUMENTS);
    registry.start().join();
    one = new ReplicaLease(store, "one", TTL);
    two = new ReplicaLease(store, "two", TTL);
    reports = new ReplicaReports(store, two, meters);
    one.tick();
    two.tick();
    await().until(() -> registry.current().replicas().size() == 2);
    await().until(() -> two.current() != null);
  }

  @AfterEach
  void close() {
    registry.close();
    store.close();
  }

  @Test
  void theLeaderAddsWhatOthersTell() {
    long changed = change(WEB);
    assertThat(all(changed, 2)).isEqualTo(new Standing(2, 2, 0, "", 1));

    own.put(WEB, new Standing(3, 2, 1, REFUSAL, 0));
    tell();
    assertThat(all(changed, 2)).isEqualTo(new Standing(5, 4, 1, REFUSAL.replace('\n', ' '), 0));

    // Of a version that came after its report, a replica has said nothing.
    long again = change(WEB);
    assertThat(all(again, 2)).isEqualTo(new Standing(2, 2, 0, "", 1));
    own.put(WEB, new Standing(3, 3, 0, "", 0));
    tell();
    assertThat(all(again, 2)).isEqualTo(new Standing(5, 5, 0, "", 0));

    two.close().join();
    await().until(() -> registry.current().replicas().size() == 1);
    assertThat(all(again, 2)).isEqualTo(new Standing(2, 2, 0, "", 0));
  }

  @Test
  void nothingIsWrittenTwiceNorByAReplicaThatIsAlone() {
    change(WEB);
    own.put(WEB, new Standing(3, 3, 0, "", 0));
    tell();
    double told = written();
    assertThat(told).isEqualTo(ReportText.CHUNKS);
    for (int i = 0; i < 20; i++) {
      tell();
    }
    assertThat(written()).isEqualTo(told);

    // The other chunks say nothing of it.
    change(WEB);
    tell();
    assertThat(written()).isEqualTo(told + 1);

    one.close().join();
    await().until(() -> registry.current().replicas().size() == 1);
    change(WEB);
    tell();
    assertThat(written()).isEqualTo(told + 1);
  }

  @Test
  void sidecarsThatComeAndGoAreToldOfEveryFewSecondsAtMost() {
    change(WEB);
    own.put(WEB, new Standing(1, 1, 0, "", 0));
    tell();
    double told = written();
    int seconds = 60;
    for (int i = 0; i < 4 * seconds; i++) {
      own.put(WEB, new Standing(i + 10, i + 10 - i % 2, 0, "", 0));
      nanos += Duration.ofMillis(250).toNanos();
      tick();
    }
    assertThat(written() - told)
        .isBetween(1.0, seconds / (double) ReplicaReports.QUIET.toSeconds() + 1);
  }

  @Test
  void whatCannotBeReadIsAsIfItWereNotThere() {
    assertThat(ReportText.parse("")).isEqualTo(InForce.UNKNOWN);
    assertThat(ReportText.parse("x\n")).isEqualTo(InForce.UNKNOWN);
    assertThat(ReportText.parse("7\nHTTPRoute/shop/web 1 1\n")).isEqualTo(InForce.UNKNOWN);
    assertThat(ReportText.parse("7\nHTTPRoute/shop/web 1 1 y z\n")).isEqualTo(InForce.UNKNOWN);
    assertThat(ReportText.parse("7\n")).isEqualTo(new InForce(7, Map.of()));
  }

  private long change(Document document) {
    String key =
        Keyspace.policy(
            Keyspace.KUBERNETES, document.kind(), document.namespace(), document.name());
    Policy policy = Policy.newBuilder().setJson("{}").build();
    long revision =
        store.commit(Txn.builder().put(key, policy.toByteString()).build()).join().revision();
    assertThat(registry.awaitRevision(revision, Duration.ofSeconds(30)).join()).isTrue();
    return revision;
  }

  /** As the leader sees it, to which as many sidecars are connected, all of them well. */
  private Standing all(long changedAt, int sidecars) {
    var standing = new Standing(sidecars, sidecars, 0, "", 0);
    leader.look(
        registry.current(), new InForce(registry.current().revision(), Map.of(WEB, standing)));
    return leader.of(WEB, changedAt);
  }

  /** Lets a second pass, and what is told arrive. */
  private void tell() {
    nanos += ReplicaReports.EVERY.toNanos();
    tick();
  }

  private void tick() {
    double before = written();
    long revision = registry.current().revision();
    reports.tick(registry.current(), new InForce(revision, own), nanos);
    if (!reports.idle()) {
      await().until(reports::idle);
    }
    if (written() > before) {
      await().until(() -> registry.current().revision() > revision);
    }
  }

  private double written() {
    return meters.counter("weft.inforce.reports").count();
  }
}
