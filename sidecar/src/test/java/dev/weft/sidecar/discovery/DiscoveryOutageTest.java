package dev.weft.sidecar.discovery;

import static dev.weft.sidecar.FakeControlPlane.inbound;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.HeldResource;
import dev.weft.proto.discovery.v1.ResourceName;
import dev.weft.sidecar.FakeControlPlane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A control plane that goes, comes back, or is another one: what is held serves, and only changes
 * come.
 */
final class DiscoveryOutageTest extends DiscoveryFixture {
  @Test
  void aReconnectTellsWhatIsHeldSoThatOnlyChangesCome() {
    controlPlane.put(inbound("frontend"));
    controlPlane.service("catalog", 8081);
    var subject = new Subject(List.of("catalog"), 100).start();
    subject.resolve(0, "catalog:80");
    controlPlane.awaitAnswer(controlPlane.lastNonce());
    long received = subject.status().resourcesReceived();

    controlPlane.kill();
    await().until(() -> !subject.status().connected());
    assertThat(subject.find(0, "catalog")).isNotNull();
    controlPlane.endpoints("catalog", 8081, 8082);
    controlPlane.start();

    await().until(() -> subject.ports("catalog.default:80").equals(List.of(8081, 8082)));
    DiscoveryRequest hello = controlPlane.hellos().get(1);
    assertThat(hello.getHeldStoreId()).isEqualTo("store-1");
    assertThat(hello.getHeldList())
        .extracting(HeldResource::getResource)
        .extracting(ResourceName::getName)
        .containsExactlyInAnyOrder(
            "default/frontend",
            "default/catalog",
            "default/catalog:80",
            "catalog.default:80",
            "catalog.default:80/0");
    assertThat(subject.status().resourcesReceived()).isEqualTo(received + 1);
  }

  @Test
  void anotherControlPlaneTakesOver() {
    try (var second = new FakeControlPlane()) {
      for (FakeControlPlane each : List.of(controlPlane, second)) {
        each.put(inbound("frontend"));
      }
      var subject =
          new Subject(List.of(), 100, controlPlane.address() + "," + second.address()).start();
      await().until(() -> controlPlane.hellos().size() + second.hellos().size() == 1);
      boolean firstWas = !controlPlane.hellos().isEmpty();

      (firstWas ? controlPlane : second).kill();

      await().until(() -> !(firstWas ? second : controlPlane).hellos().isEmpty());
      assertThat((firstWas ? second : controlPlane).hellos().getFirst().getHeldCount())
          .isEqualTo(1);
      assertThat(subject.status().configured()).isTrue();
    }
  }

  @Test
  void withoutAControlPlaneTheCopyOnDiskServes() {
    controlPlane.put(inbound("frontend"));
    controlPlane.service("catalog", 8081);
    new Subject(List.of(), 100).start().resolve(0, "catalog");
    Path file = state.resolve("last-good.bin");
    await()
        .until(
            () -> {
              var loaded = new LastGoodFile(state, "default/frontend").read();
              return loaded != null && loaded.resources().size() == 4;
            });
    controlPlane.kill();

    var restarted = new Subject(List.of(), 100).start();

    assertThat(restarted.resolve(0, "catalog").routes().host().found()).isTrue();
    await().until(() -> restarted.ports("catalog.default:80").equals(List.of(8081)));
    assertThat(restarted.status().fromDisk()).isTrue();
    assertThat(restarted.status().configured()).isTrue();
    assertThat(file).exists();
  }

  @Test
  void aDamagedCopyOnDiskIsIgnored() throws IOException {
    controlPlane.put(inbound("frontend"));
    new Subject(List.of(), 100).start();
    Path file = state.resolve("last-good.bin");
    await().until(() -> Files.exists(file));
    controlPlane.kill();
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);

    var restarted = new Subject(List.of(), 100).start();

    await().until(() -> restarted.status().problem().contains(controlPlane.address()));
    assertThat(restarted.status().configured()).isFalse();
    assertThat(new LastGoodFile(state, "default/frontend").read()).isNull();
    Files.write(file, new byte[] {1, 2, 3});
    assertThat(new LastGoodFile(state, "default/frontend").read()).isNull();
  }

  @Test
  void anotherStoreReplacesEverythingWithoutAGap() {
    controlPlane.put(inbound("frontend"));
    controlPlane.service("catalog", 8081);
    var subject = new Subject(List.of("catalog"), 100).start();
    subject.resolve(0, "catalog");
    controlPlane.kill();
    controlPlane.storeId("store-2");
    controlPlane.endpoints("catalog", 8082);
    controlPlane.start();

    await().until(() -> subject.status().storeId().equals("store-2"));
    await()
        .untilAsserted(() -> assertThat(subject.ports("catalog.default:80")).containsExactly(8082));
    assertThat(subject.find(0, "catalog")).isNotNull();
  }
}
