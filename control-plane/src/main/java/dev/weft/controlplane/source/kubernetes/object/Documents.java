package dev.weft.controlplane.source.kubernetes.object;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.validate.policy.Kinds;
import dev.weft.controlplane.validate.yaml.CanonicalJson;
import dev.weft.controlplane.validate.yaml.YamlNode;
import dev.weft.controlplane.validate.yaml.YamlNode.Entry;
import dev.weft.controlplane.validate.yaml.YamlNode.Mapping;
import dev.weft.controlplane.validate.yaml.YamlNode.Scalar;
import dev.weft.controlplane.validate.yaml.YamlNode.ScalarType;
import dev.weft.controlplane.validate.yaml.YamlNode.Sequence;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyKey;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Objects that are stored as documents: only what says what they want, so that a write of their
 * status, or of a field that nobody here reads, changes no byte. Pure.
 */
public final class Documents {
  private static final List<String> OWN = List.of(Kinds.WEFT_GROUP, Kinds.GATEWAY_GROUP);
  private static final List<String> META =
      List.of("name", "namespace", "creationTimestamp", "generation", "uid");
  private static final Set<String> SERVICE_SPEC =
      Set.of(
          "clusterIPs",
          "ports",
          "type",
          "externalName",
          "publishNotReadyAddresses",
          "trafficDistribution",
          "internalTrafficPolicy",
          "sessionAffinity");

  private Documents() {}

  /** The key and the bytes of a stored document, without the time of its change. */
  public record Stored(String key, ByteString bytes) {}

  /** What is stored of an object. */
  public static Stored of(String kind, String apiVersion, JsonNode object) {
    JsonNode metadata = object.path("metadata");
    String name = metadata.path("name").asText("");
    // What has no namespace is the namespace, or stands under its own name.
    String namespace = metadata.path("namespace").asText(name);
    Map<String, Entry> root = new LinkedHashMap<>();
    root.put("apiVersion", entry(text(apiVersion)));
    root.put("kind", entry(text(kind)));
    root.put("metadata", entry(metadata(metadata)));
    root.put("spec", entry(spec(kind, object.path("spec"))));
    Policy policy =
        Policy.newBuilder()
            .setKey(PolicyKey.newBuilder().setKind(kind).setNamespace(namespace).setName(name))
            .setJson(CanonicalJson.write(new Mapping(0, root)))
            .setSource(Keyspace.KUBERNETES)
            .setCreatedAtMillis(millis(metadata.path("creationTimestamp").asText("")))
            .build();
    return new Stored(
        Keyspace.policy(Keyspace.KUBERNETES, kind, namespace, name), policy.toByteString());
  }

  /**
   * The bytes with what is known of the change, as they are written.
   *
   * @param version which one it is of the document, from 1; 0: not known
   */
  public static ByteString stamped(ByteString bytes, long nowMillis, long version) {
    return bytes.concat(
        Policy.newBuilder()
            .setChangedAtMillis(nowMillis)
            .setVersion(version)
            .build()
            .toByteString());
  }

  /** The bytes without what is known of the change, as they are compared. */
  public static ByteString unstamped(ByteString written) {
    try {
      return Policy.parseFrom(written).toBuilder()
          .clearChangedAtMillis()
          .clearVersion()
          .build()
          .toByteString();
    } catch (InvalidProtocolBufferException e) {
      // Equal to nothing that we would write.
      return written;
    }
  }

  private static YamlNode metadata(JsonNode metadata) {
    Map<String, Entry> kept = new LinkedHashMap<>();
    for (String field : META) {
      JsonNode value = metadata.get(field);
      if (value != null) {
        kept.put(field, entry(node(value)));
      }
    }
    for (String field : List.of("labels", "annotations")) {
      YamlNode own = own(metadata.path(field));
      if (own != null) {
        kept.put(field, entry(own));
      }
    }
    return new Mapping(0, kept);
  }

  private static @Nullable YamlNode own(JsonNode strings) {
    Map<String, Entry> kept = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> each : strings.properties()) {
      int slash = each.getKey().indexOf('/');
      String domain = slash < 0 ? "" : each.getKey().substring(0, slash);
      if (OWN.stream().anyMatch(own -> domain.equals(own) || domain.endsWith("." + own))) {
        kept.put(each.getKey(), entry(node(each.getValue())));
      }
    }
    return kept.isEmpty() ? null : new Mapping(0, kept);
  }

  private static YamlNode spec(String kind, JsonNode spec) {
    if (!kind.equals(Kinds.SERVICE)) {
      return spec.isObject() ? node(spec) : new Mapping(0, Map.of());
    }
    Map<String, Entry> kept = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> each : spec.properties()) {
      if (SERVICE_SPEC.contains(each.getKey())) {
        kept.put(each.getKey(), entry(node(each.getValue())));
      }
    }
    return new Mapping(0, kept);
  }

  private static YamlNode node(JsonNode json) {
    if (json.isObject()) {
      Map<String, Entry> entries = new LinkedHashMap<>();
      json.properties().forEach(each -> entries.put(each.getKey(), entry(node(each.getValue()))));
      return new Mapping(0, entries);
    }
    if (json.isArray()) {
      List<YamlNode> items = new ArrayList<>();
      json.forEach(item -> items.add(node(item)));
      return new Sequence(0, items);
    }
    ScalarType type =
        switch (json.getNodeType()) {
          case BOOLEAN -> ScalarType.BOOLEAN;
          case NUMBER -> json.isIntegralNumber() ? ScalarType.INTEGER : ScalarType.FLOAT;
          case NULL -> ScalarType.NULL;
          default -> ScalarType.STRING;
        };
    return new Scalar(0, type, json.asText());
  }

  private static Entry entry(YamlNode value) {
    return new Entry(0, value);
  }

  private static YamlNode text(String text) {
    return new Scalar(0, ScalarType.STRING, text);
  }

  /** A time as the API writes it, in milliseconds since 1970; 0: it is none. */
  static long millis(String time) {
    try {
      return Instant.parse(time).toEpochMilli();
    } catch (DateTimeParseException e) {
      return 0;
    }
  }
}
