package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weft.testkit.net.FaultyLink;
import dev.weft.testkit.net.FaultyLink.Direction;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The faults of a network, each written once and run for each link of a mesh: it is late, lossy,
 * slow, cut one way or both, or leaves connections half-open, while requests are made. No request
 * fails, what is gone is noticed within 15 s, everything heals, and nothing is left of it: one mesh
 * has all the faults of a link one after the other, and what it holds is compared with what it held
 * before the first.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class NetworkFaults {
  /** 15 s, and what it takes to look. */
  static final Duration NOTICED = Duration.ofSeconds(16);

  static final Duration HEALED = Duration.ofSeconds(15);

  LinkedMesh mesh;
  FaultyLink link;
  private Map<String, Long> heldBefore;

  /** Which ways are cut. */
  enum Cut {
    THERE,
    BACK,
    BOTH;

    private void of(FaultyLink link) {
      if (this != BACK) {
        link.cut(Direction.THERE);
      }
      if (this != THERE) {
        link.cut(Direction.BACK);
      }
    }
  }

  /** Starts the parts of a mesh at both ends of the link, and the load. */
  abstract void start(Path folder) throws Exception;

  /** What the link is for is done anew within that time. */
  abstract void getsOn(Duration within);

  /** The link is used again as if nothing had been. */
  void isUsedAsBefore() {
    getsOn(HEALED);
  }

  /** Whether no end says that it misses the other. */
  abstract boolean isConnected();

  /** Returns when the ends have noticed that nothing comes from the other any more. */
  abstract void awaitNoticed();

  /** The port in the namespace that the link's connections lead to. */
  abstract int port();

  /** What must not become more, by its name. */
  abstract Map<String, Long> held();

  @BeforeAll
  final void startOnce(@TempDir Path folder) throws Exception {
    assumeTrue(FaultyLink.possible(), "needs root, ip and /dev/net/tun");
    mesh = new LinkedMesh(folder);
    link = mesh.link;
    start(folder);
    getsOn(LinkedMesh.PATIENCE);
    heldBefore = held();
  }

  @AfterAll
  final void stopOnce() throws Exception {
    if (mesh != null) {
      mesh.close();
    }
  }

  @BeforeEach
  final void isWhole() {
    link.mend();
    await().atMost(LinkedMesh.PATIENCE).until(this::isConnected);
    getsOn(LinkedMesh.PATIENCE);
    isUsedAsBefore();
    mesh.failures();
    mesh.slowest();
  }

  @Test
  void everythingIs200MillisecondsLate() {
    link.delay(Duration.ofMillis(200));
    getsOn(Duration.ofSeconds(10));
    healsFromWhatIsNoCut();
  }

  @Test
  void ofAHundredFramesFiveAreLost() {
    link.lose(5);
    getsOn(Duration.ofSeconds(15));
    healsFromWhatIsNoCut();
  }

  @Test
  void streamsTrickle() {
    link.trickle(3000);
    getsOn(Duration.ofSeconds(30));
    healsFromWhatIsNoCut();
  }

  private void healsFromWhatIsNoCut() {
    assertThat(isConnected()).isTrue();
    link.mend();
    isUsedAsBefore();
    nothingIsLeft();
  }

  @ParameterizedTest
  @EnumSource
  @Tag("long")
  void theLinkIsCut(Cut cut) {
    cut.of(link);
    long begin = System.nanoTime();
    awaitNoticed();
    long noticed = System.nanoTime();
    link.mend();
    await().atMost(HEALED).until(this::isConnected);
    getsOn(HEALED);
    say("cut " + cut, begin, noticed);
    isUsedAsBefore();
    nothingIsLeft();
  }

  /** The link stays as it is until all is well: only new connections are carried. */
  @Test
  @Tag("long")
  void connectionsAreHalfOpen() {
    Set<String> before = mesh.connections(port());
    assertThat(before).isNotEmpty();
    link.forgetConnections();
    long begin = System.nanoTime();
    await()
        .atMost(NOTICED)
        .untilAsserted(
            () -> assertThat(mesh.connections(port())).doesNotContainAnyElementsOf(before));
    long noticed = System.nanoTime();
    await().atMost(HEALED).until(this::isConnected);
    getsOn(HEALED);
    say("half-open", begin, noticed);
    isUsedAsBefore();
    nothingIsLeft();
  }

  private void nothingIsLeft() {
    assertThat(mesh.failures()).as("requests that were not answered with 200").isEmpty();
    assertThat(mesh.slowest()).as("the slowest request").isLessThan(NOTICED);
    await()
        .atMost(LinkedMesh.PATIENCE)
        .untilAsserted(
            () ->
                assertThat(held())
                    .allSatisfy(
                        (name, now) ->
                            assertThat(now)
                                .as(name)
                                .isLessThanOrEqualTo(heldBefore.getOrDefault(name, 0L))));
  }

  private void say(String fault, long begin, long noticed) {
    System.out.printf(
        "%s, %s: noticed after %d ms, healed %d ms later%n",
        getClass().getSimpleName(),
        fault,
        TimeUnit.NANOSECONDS.toMillis(noticed - begin),
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - noticed));
  }
}
