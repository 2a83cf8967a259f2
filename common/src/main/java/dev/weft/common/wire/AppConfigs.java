package dev.weft.common.wire;

import dev.weft.common.config.AppConfig;
import dev.weft.common.config.AppConfig.Entry;
import dev.weft.common.config.AppConfig.Release;
import dev.weft.common.config.Origin;
import dev.weft.proto.discovery.v1.ConfigEntry;
import dev.weft.proto.discovery.v1.ConfigRelease;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Resources of kind APP_CONFIG. */
final class AppConfigs {
  private static final int MAX_ENTRIES = 1024;

  private AppConfigs() {}

  static AppConfig decode(At at, dev.weft.proto.discovery.v1.AppConfig message)
      throws WireException {
    String name = at.resourceName();
    at.field("name")
        .check(Syntax.isInboundName(name), name, "<namespace>/<service> or <namespace>/pods/<pod>");
    at.field("entries").count(message.getEntriesList(), MAX_ENTRIES);
    var entries = new ArrayList<Entry>(message.getEntriesCount());
    for (int i = 0; i < message.getEntriesCount(); i++) {
      entries.add(entry(at.item("entries", i), message.getEntries(i)));
    }
    return new AppConfig(name, entries);
  }

  private static Entry entry(At at, ConfigEntry entry) throws WireException {
    String key = entry.getKey();
    at.field("key").check(ConfigSyntax.isKey(key), key, "a key: letters, digits, '.', '_' and '-'");
    Map<String, String> labels = entry.getInstanceLabelsMap();
    at.field("instance_labels")
        .check(
            labels.size() <= ConfigSyntax.MAX_LABELS,
            labels.size() + " labels",
            "at most " + ConfigSyntax.MAX_LABELS);
    String type = entry.getContentType();
    at.field("content_type").check(ConfigSyntax.isContentType(type), type, "a media type");
    List<Origin> origins = WireDecoder.origins(at, List.of(entry.getOrigin()));
    return new Entry(
        key,
        labels,
        type,
        value(at.field("value"), entry.getValue()),
        entry.hasRelease() ? release(at.field("release"), entry.getRelease()) : null,
        origins.getFirst());
  }

  private static Release release(At at, ConfigRelease release) throws WireException {
    return new Release(
        at.field("percent").range(release.getPercent(), 0, 100),
        value(at.field("value"), release.getValue()));
  }

  private static String value(At at, String value) throws WireException {
    @Nullable String error = ConfigSyntax.valueError(value);
    if (error != null) {
      throw at.wrong(value, error);
    }
    return value;
  }
}
