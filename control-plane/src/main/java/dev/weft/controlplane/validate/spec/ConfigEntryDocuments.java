package dev.weft.controlplane.validate.spec;

import dev.weft.common.wire.ConfigSyntax;
import dev.weft.common.wire.Syntax;
import dev.weft.controlplane.model.ConfigEntry;
import dev.weft.controlplane.model.ConfigEntry.Release;
import dev.weft.controlplane.model.DocumentMeta;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.validate.policy.Draft;
import dev.weft.controlplane.validate.policy.Reference;
import dev.weft.controlplane.validate.yaml.Known;
import dev.weft.controlplane.validate.yaml.Obj;
import dev.weft.controlplane.validate.yaml.Place;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The spec of a {@code ConfigEntry}. */
public final class ConfigEntryDocuments {
  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String ELSEWHERE =
      "put it into a Secret of Kubernetes or another store of secrets, and only say here where it"
          + " is";

  private static final Known SPEC = Known.of("key", "scope", "contentType", "value", "release");
  private static final Known SCOPE =
      Known.of("mesh", "service", "instances")
          .refusing("namespace", "an entry is for the namespace that it is in");
  private static final Known RELEASE = Known.of("percent", "value");

  private ConfigEntryDocuments() {}

  private record Scope(boolean mesh, String service, Map<String, String> instances) {
    static final Scope NAMESPACE = new Scope(false, "", Map.of());
  }

  public static ConfigEntry decode(Draft draft, Place at, DocumentMeta meta) {
    Obj spec = Obj.of(at, SPEC);
    String key = key(spec.require("key", "what the application asks for, e.g. log.level"));
    Scope scope = scope(draft, spec.get("scope"));
    Place typeAt = spec.get("contentType");
    String type = typeAt == null ? TEXT : typeAt.string();
    if (typeAt != null && type != null && !ConfigSyntax.isContentType(type)) {
      typeAt.wrong("a media type, e.g. application/json");
    }
    // What is stored was let in by the rules of its day, and is in use.
    boolean stored = !meta.source().isEmpty();
    String value = value(spec.require("value", "the value, a string; it may be empty"), stored);
    return new ConfigEntry(
        meta,
        key,
        scope.mesh,
        scope.service,
        scope.instances,
        type == null ? TEXT : type,
        value,
        release(spec.get("release"), stored));
  }

  private static String key(@Nullable Place at) {
    String key = at == null ? null : at.string();
    if (at == null || key == null) {
      return "";
    }
    if (!ConfigSyntax.isKey(key)) {
      at.wrong(
          "1 to "
              + ConfigSyntax.MAX_KEY
              + " letters, digits, \".\", \"_\" and \"-\", beginning and ending with a letter or"
              + " digit");
    } else if (SecretHints.isCalledSecret(key)) {
      at.warn("is called like a secret: if its value is one, " + ELSEWHERE);
    }
    return key;
  }

  private static Scope scope(Draft draft, @Nullable Place at) {
    if (at == null) {
      return Scope.NAMESPACE;
    }
    Obj scope = Obj.of(at, SCOPE);
    Place meshAt = scope.get("mesh");
    boolean mesh = meshAt != null && Boolean.TRUE.equals(meshAt.bool());
    if (meshAt != null && mesh && !draft.namespace().equals(ConfigEntry.MESH_NAMESPACE)) {
      meshAt.wrong(
          "false, or the document in the namespace "
              + ConfigEntry.MESH_NAMESPACE
              + ", where entries for the whole mesh are kept");
    }
    Place serviceAt = scope.get("service");
    String service = serviceAt == null ? "" : serviceAt.string();
    if (serviceAt != null && service != null) {
      if (mesh) {
        serviceAt.wrong("nothing, as it is for the whole mesh");
      } else if (!Syntax.isDnsLabel(service)) {
        serviceAt.wrong("the name of a service of this namespace, a DNS label");
      } else {
        draft.refer(Reference.audience(new ObjectKey(draft.namespace(), service), serviceAt));
      }
    }
    Place instancesAt = scope.get("instances");
    Map<String, String> instances =
        instancesAt == null ? Map.of() : instancesAt.strings(ConfigSyntax.MAX_LABELS);
    return new Scope(mesh, service == null ? "" : service, instances);
  }

  private static String value(@Nullable Place at, boolean stored) {
    String value = at == null ? null : at.string();
    if (at == null || value == null) {
      return "";
    }
    String secret = stored ? null : SecretHints.in(value);
    String error = ConfigSyntax.valueError(value);
    if (secret != null) {
      // The value itself is in no message: it would be in logs and terminals, too.
      String expected = "no secret: " + ELSEWHERE;
      at.report()
          .error(
              at.line(),
              at.path(),
              "",
              expected,
              "looks like " + secret + ", expected " + expected);
    } else if (error != null) {
      int bytes = ConfigSyntax.bytes(value);
      at.report()
          .error(
              at.line(),
              at.path(),
              bytes + " bytes",
              error,
              "is a text of " + bytes + " bytes, expected " + error);
    }
    return value;
  }

  private static @Nullable Release release(@Nullable Place at, boolean stored) {
    if (at == null) {
      return null;
    }
    Obj release = Obj.of(at, RELEASE);
    Place percentAt = release.require("percent", "the share of the instances, 0 to 100");
    Integer percent = percentAt == null ? null : percentAt.integer(0, 100);
    String value =
        value(release.require("value", "the value that the share has, a string"), stored);
    return new Release(percent == null ? 0 : percent, value);
  }
}
