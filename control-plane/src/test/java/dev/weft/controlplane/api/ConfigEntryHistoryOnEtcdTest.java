package dev.weft.controlplane.api;

import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.etcd.EtcdOptions;
import dev.weft.controlplane.registry.store.etcd.EtcdStore;
import dev.weft.testkit.EtcdServer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/** The same on a real etcd, which is killed where the embedded store is opened anew. */
class ConfigEntryHistoryOnEtcdTest extends ConfigEntryHistoryTest {
  private @Nullable EtcdServer etcd;

  @Override
  Store openStore(Path directory) {
    EtcdServer running = etcd;
    if (running == null) {
      running = EtcdServer.start();
      etcd = running;
    } else {
      running.kill();
      running.startAgain();
    }
    return EtcdStore.open(EtcdOptions.of(running.endpoint()));
  }

  @AfterEach
  void stopEtcd() {
    if (etcd != null) {
      etcd.close();
    }
  }
}
