package dev.weft.controlplane.compile;

import dev.weft.controlplane.model.ConfigEntry;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.validate.policy.Kinds;
import dev.weft.proto.discovery.v1.AppConfig;
import dev.weft.proto.discovery.v1.ConfigRelease;
import dev.weft.proto.discovery.v1.Resource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Compiles what the applications of a service are configured with. An instance's labels and share
 * are looked at where the instance is, so that all of a service get the same bytes; a pod of
 * Kubernetes has its own. Pure but for what {@link Reads} notes.
 */
final class AppConfigs {
  private AppConfigs() {}

  static Compiled compile(ResourceKey key, Reads reads) {
    ObjectKey pod = key.pod();
    String namespace = key.name().substring(0, key.name().indexOf('/'));
    var levels = new ArrayList<ObjectKey>();
    levels.add(ConfigEntry.level("", ""));
    levels.add(ConfigEntry.level(namespace, ""));
    if (pod == null) {
      levels.add(ConfigEntry.level(namespace, key.name().substring(namespace.length() + 1)));
    } else {
      for (Workload endpoint : reads.endpointsOfPod(pod)) {
        levels.add(ConfigEntry.level(namespace, endpoint.service()));
      }
    }
    var byKey = new TreeMap<String, List<ConfigEntry>>();
    for (ObjectKey level : levels) {
      for (ConfigEntry entry : reads.configEntriesOf(level)) {
        byKey.computeIfAbsent(entry.key(), _ -> new ArrayList<>()).add(entry);
      }
    }
    var message = AppConfig.newBuilder();
    Map<String, String> labels = pod == null ? null : labels(pod, reads);
    byKey.values().forEach(entries -> add(entries, labels, message));
    return new Compiled(
        key,
        Resource.newBuilder().setName(key.toMessage()).setAppConfig(message).build(),
        List.of());
  }

  private static Map<String, String> labels(ObjectKey pod, Reads reads) {
    List<Workload> endpoints = reads.endpointsOfPod(pod);
    return endpoints.isEmpty() ? Map.of() : endpoints.getFirst().labels();
  }

  /**
   * The closest first; what comes after one that is for every instance is for none.
   *
   * @param pod the labels of the one instance that it is for; null: it is for several
   */
  private static void add(
      List<ConfigEntry> entries, @Nullable Map<String, String> pod, AppConfig.Builder to) {
    entries.sort(ConfigEntry.CLOSEST_FIRST);
    for (ConfigEntry entry : entries) {
      Map<String, String> wanted = entry.instanceLabels();
      if (pod == null) {
        to.addEntries(message(entry, wanted));
      } else if (pod.entrySet().containsAll(wanted.entrySet())) {
        // Of its labels a pod's sidecar knows nothing, so they are looked at here.
        to.addEntries(message(entry, Map.of()));
        return;
      }
      if (wanted.isEmpty()) {
        return;
      }
    }
  }

  private static dev.weft.proto.discovery.v1.ConfigEntry message(
      ConfigEntry entry, Map<String, String> labels) {
    var message =
        dev.weft.proto.discovery.v1.ConfigEntry.newBuilder()
            .setKey(entry.key())
            .putAllInstanceLabels(labels)
            .setContentType(entry.contentType())
            .setValue(entry.value())
            .setOrigin(Messages.origin(Kinds.CONFIG_ENTRY, entry.meta(), "spec", "value"));
    ConfigEntry.Release release = entry.release();
    if (release != null) {
      message.setRelease(
          ConfigRelease.newBuilder().setPercent(release.percent()).setValue(release.value()));
    }
    return message.build();
  }
}
