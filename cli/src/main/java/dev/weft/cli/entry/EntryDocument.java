package dev.weft.cli.entry;

import com.google.protobuf.Value;
import dev.weft.cli.document.Kind;
import dev.weft.cli.output.Yaml;
import dev.weft.proto.policy.v1.ListRequest;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyServiceGrpc.PolicyServiceBlockingStub;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A ConfigEntry as a document says it.
 *
 * @param name of the document
 * @param contentType empty: not said
 * @param release null: there is none
 */
record EntryDocument(
    String namespace,
    String name,
    String key,
    boolean mesh,
    String service,
    Map<String, String> labels,
    String contentType,
    String value,
    @Nullable Release release) {
  private static final int MAX_SLUG = 48;

  /** A value that only a share of the instances has so far. */
  record Release(int percent, String value) {}

  static EntryDocument of(Policy policy) {
    Object document = Yaml.parse(policy.getJson());
    Map<String, String> labels = new TreeMap<>();
    if (Yaml.at(document, "spec", "scope", "instances") instanceof Map<?, ?> map) {
      map.forEach((key, value) -> labels.put(String.valueOf(key), String.valueOf(value)));
    }
    Release release = null;
    if (Yaml.at(document, "spec", "release", "percent") instanceof Number percent) {
      release =
          new Release(percent.intValue(), Yaml.at(document, "spec", "release", "value").toString());
    }
    return new EntryDocument(
        policy.getKey().getNamespace(),
        policy.getKey().getName(),
        Yaml.at(document, "spec", "key").toString(),
        Boolean.TRUE.equals(Yaml.at(document, "spec", "scope", "mesh")),
        Yaml.at(document, "spec", "scope", "service").toString(),
        labels,
        Yaml.at(document, "spec", "contentType").toString(),
        Yaml.at(document, "spec", "value").toString(),
        release);
  }

  /** One that is not there yet, under a name that follows from its key and scope. */
  static EntryDocument fresh(String key, EntryScope scope) {
    return new EntryDocument(
        scope.namespace(),
        name(key, scope),
        key,
        scope.mesh(),
        scope.service(),
        scope.labels(),
        "",
        "",
        null);
  }

  /** The document of that key for just these instances; null: there is none. */
  static @Nullable Policy find(PolicyServiceBlockingStub policies, String key, EntryScope scope) {
    ListRequest request =
        ListRequest.newBuilder()
            .setKind(Kind.CONFIG_ENTRY.wireName())
            .setNamespace(scope.namespace())
            .build();
    for (Policy policy : policies.list(request).getPoliciesList()) {
      EntryDocument entry = of(policy);
      if (entry.key.equals(key)
          && entry.mesh == scope.mesh()
          && entry.service.equals(scope.service())
          && entry.labels.equals(scope.labels())) {
        return policy;
      }
    }
    return null;
  }

  EntryDocument withValue(String now, @Nullable Release onItsWay) {
    return new EntryDocument(
        namespace, name, key, mesh, service, labels, contentType, now, onItsWay);
  }

  EntryDocument withContentType(String now) {
    return new EntryDocument(namespace, name, key, mesh, service, labels, now, value, release);
  }

  /** For whom it is, as a person names it. */
  String scope() {
    return EntryScope.shown(mesh, namespace, service, labels);
  }

  /** The document as JSON, in which no value can be taken for something else than text. */
  String json() {
    Map<String, String> scope = new TreeMap<>();
    if (mesh) {
      scope.put("mesh", "true");
    }
    if (!service.isEmpty()) {
      scope.put("service", text(service));
    }
    if (!labels.isEmpty()) {
      Map<String, String> instances = new TreeMap<>();
      labels.forEach((label, wanted) -> instances.put(label, text(wanted)));
      scope.put("instances", object(instances));
    }
    Map<String, String> spec = new TreeMap<>();
    spec.put("key", text(key));
    if (!scope.isEmpty()) {
      spec.put("scope", object(scope));
    }
    if (!contentType.isEmpty()) {
      spec.put("contentType", text(contentType));
    }
    spec.put("value", text(value));
    if (release != null) {
      spec.put(
          "release",
          object(
              Map.of(
                  "percent", Integer.toString(release.percent()), "value", text(release.value()))));
    }
    return object(
        Map.of(
            "apiVersion",
            text("weft.dev/v1alpha1"),
            "kind",
            text(Kind.CONFIG_ENTRY.wireName()),
            "metadata",
            object(Map.of("name", text(name), "namespace", text(namespace))),
            "spec",
            object(spec)));
  }

  /** Equal for equal keys and scopes, on every machine, so that a history is found again. */
  private static String name(String key, EntryScope scope) {
    String slug = key.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    String readable = slug.substring(0, Math.min(slug.length(), MAX_SLUG)).replaceAll("^-|-$", "");
    String whole = key + "\n" + scope.mesh() + "\n" + scope.service() + "\n" + scope.labels();
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(whole.getBytes(StandardCharsets.UTF_8));
      return (readable.isEmpty() ? "entry" : readable) + "-" + HexFormat.of().formatHex(hash, 0, 4);
    } catch (NoSuchAlgorithmException e) {
      // Every Java has it.
      throw new IllegalStateException(e);
    }
  }

  private static String text(String text) {
    return Yaml.json(Value.newBuilder().setStringValue(text).build());
  }

  /** Of fields whose values are JSON already. */
  private static String object(Map<String, String> fields) {
    return fields.entrySet().stream()
        .map(field -> text(field.getKey()) + ": " + field.getValue())
        .collect(Collectors.joining(", ", "{", "}"));
  }
}
