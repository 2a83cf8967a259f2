package dev.weft.sidecar.discovery;

import static dev.weft.sidecar.FakeControlPlane.inbound;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.sidecar.FakeControlPlane;
import dev.weft.testkit.RefusedPort;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A control plane asks its sidecars to go to another one: make before break. */
final class MoveTest extends DiscoveryFixture {
  @Test
  void askedToMoveItHasTheNextStreamBeforeItEndsThisOneAndResumesThere() {
    try (var second = new FakeControlPlane()) {
      for (FakeControlPlane each : List.of(controlPlane, second)) {
        each.put(inbound("frontend"));
        each.service("catalog", 8081);
      }
      var subject =
          new Subject(List.of("catalog"), 100, controlPlane.address() + "," + second.address())
              .start();
      subject.resolve(0, "catalog");
      await().until(() -> subject.status().acknowledged() > 0);
      FakeControlPlane from = controlPlane.open() == 1 ? controlPlane : second;
      FakeControlPlane to = from == controlPlane ? second : controlPlane;
      await().until(() -> subject.status().replica().equals(from.name()));
      long received = subject.status().resourcesReceived();

      from.move(10);

      await().until(() -> from.endedByThem() == 1 && to.open() == 1);
      assertThat(subject.status().replica()).isEqualTo(to.name());
      assertThat(subject.status().moves()).isEqualTo(1);
      assertThat(subject.unlinked).hasValue(0);
      assertThat(subject.linked).hasValue(2);
      await().until(() -> !to.hellos().isEmpty());
      assertThat(to.hellos().getFirst().getHeldCount()).isEqualTo(4);
      to.endpoints("catalog", 8081, 8082);
      await().until(() -> subject.ports("catalog.default:80").equals(List.of(8081, 8082)));
      assertThat(subject.status().resourcesReceived()).isEqualTo(received + 1);
    }
  }

  @Test
  void withNoOtherToTakeItItStaysAndIsServed() {
    // Whichever it begins with, it ends up with the one that answers.
    try (RefusedPort refused = new RefusedPort()) {
      controlPlane.put(inbound("frontend"));
      controlPlane.service("catalog", 8081);
      var subject =
          new Subject(
                  List.of("catalog"), 100, controlPlane.address() + ",127.0.0.1:" + refused.port())
              .start();
      subject.resolve(0, "catalog");
      await().until(() -> subject.status().acknowledged() > 0);

      controlPlane.move(0);
      controlPlane.endpoints("catalog", 8081, 8082);

      await().until(() -> subject.ports("catalog.default:80").equals(List.of(8081, 8082)));
      assertThat(subject.status().moves()).isZero();
      assertThat(subject.unlinked).hasValue(0);
      assertThat(controlPlane.open()).isEqualTo(1);
    }
  }

  @Test
  void itGoesOnlyWhereThereIsRoom() {
    try (var second = new FakeControlPlane();
        var third = new FakeControlPlane()) {
      List<FakeControlPlane> all = List.of(controlPlane, second, third);
      all.forEach(each -> each.put(inbound("frontend")));
      var subject =
          new Subject(
                  List.of(),
                  100,
                  all.stream().map(FakeControlPlane::address).collect(Collectors.joining(",")))
              .start();
      await().until(() -> subject.status().acknowledged() > 0);
      FakeControlPlane from =
          all.stream().filter(each -> each.open() == 1).findFirst().orElseThrow();
      int moves = 0;
      for (FakeControlPlane to : all) {
        if (to != from) {
          from.move(0, to.name());
          await().until(() -> subject.status().replica().equals(to.name()));
          from = to;
          moves++;
        }
      }
      from.move(0, "nobody");
      from.put(inbound("other"));
      assertThat(subject.unlinked).hasValue(0);
      assertThat(subject.status().moves()).isEqualTo(moves);
    }
  }

  @Test
  void behindOneAddressForAllReplicasItConnectsAnew() {
    controlPlane.put(inbound("frontend"));
    var subject = new Subject(List.of(), 100).start();
    await().until(() -> subject.status().acknowledged() > 0);

    controlPlane.move(0);

    await().until(() -> subject.status().moves() == 1 && controlPlane.endedByThem() == 1);
    assertThat(subject.unlinked).hasValue(0);
    assertThat(subject.status().resourcesReceived()).isEqualTo(1);
  }

  @Test
  void thoseOfOneThatDiesSpreadOverAllOthers() {
    List<ControlPlaneAddress> all = ControlPlaneAddress.parse("10.0.0.1,10.0.0.2,10.0.0.3");
    Map<String, Integer> taken = new HashMap<>();
    for (int seed = 0; seed < 300; seed++) {
      var choice = new AddressChoice(all, new Random(seed));
      ControlPlaneAddress at = choice.next(null);
      while (!at.equals(all.getFirst())) {
        at = choice.next(at);
      }
      taken.merge(choice.next(at).host(), 1, Integer::sum);
    }
    assertThat(taken).containsOnlyKeys("10.0.0.2", "10.0.0.3");
    assertThat(taken.values()).allSatisfy(count -> assertThat(count).isBetween(110, 190));
  }

  @Test
  void eachIsTriedOnceBeforeAnyIsTriedAgain() {
    List<ControlPlaneAddress> all = ControlPlaneAddress.parse("10.0.0.1,10.0.0.2,10.0.0.3");
    var choice = new AddressChoice(all, new Random(1));
    List<ControlPlaneAddress> round = new ArrayList<>();
    ControlPlaneAddress last = null;
    for (int i = 0; i < 3; i++) {
      last = choice.next(last);
      round.add(last);
    }
    assertThat(round).containsExactlyInAnyOrderElementsOf(all);
    assertThat(choice.next(last)).isNotEqualTo(last);
  }
}
