package dev.weft.controlplane.validate;

import dev.weft.common.wire.Syntax;
import dev.weft.controlplane.model.DocumentMeta;
import dev.weft.controlplane.validate.policy.Draft;
import dev.weft.controlplane.validate.policy.InvalidPolicyException;
import dev.weft.controlplane.validate.policy.Inventory;
import dev.weft.controlplane.validate.policy.Kinds;
import dev.weft.controlplane.validate.policy.PolicyBatch;
import dev.weft.controlplane.validate.policy.PolicyDocument;
import dev.weft.controlplane.validate.policy.PolicyObject;
import dev.weft.controlplane.validate.spec.ConfigEntryDocuments;
import dev.weft.controlplane.validate.spec.ConnectionRouteDocuments;
import dev.weft.controlplane.validate.spec.GrpcRouteDocuments;
import dev.weft.controlplane.validate.spec.HttpRouteDocuments;
import dev.weft.controlplane.validate.spec.KubernetesServices;
import dev.weft.controlplane.validate.spec.ReferenceGrantDocuments;
import dev.weft.controlplane.validate.spec.ServiceDocuments;
import dev.weft.controlplane.validate.spec.TrafficPolicyDocuments;
import dev.weft.controlplane.validate.yaml.CanonicalJson;
import dev.weft.controlplane.validate.yaml.Known;
import dev.weft.controlplane.validate.yaml.Obj;
import dev.weft.controlplane.validate.yaml.Place;
import dev.weft.controlplane.validate.yaml.Report;
import dev.weft.controlplane.validate.yaml.YamlNode;
import dev.weft.controlplane.validate.yaml.YamlNode.Entry;
import dev.weft.controlplane.validate.yaml.YamlNode.Mapping;
import dev.weft.controlplane.validate.yaml.YamlNode.Scalar;
import dev.weft.controlplane.validate.yaml.YamlReader;
import dev.weft.proto.policy.v1.Manifest;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyError;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Decodes documents, of people and of the store, by the same rules. Pure; free for any thread. */
public final class DocumentDecoder {
  /** The longest document, normalised. */
  static final int MAX_JSON_BYTES = 512 << 10;

  private static final int MAX_LABELS = 128;

  private static final Known DOCUMENT =
      Known.of("apiVersion", "kind", "metadata", "spec").ignoring("status");

  private static final Known METADATA =
      Known.of("name", "namespace", "labels", "annotations")
          .refusing("generateName", "give the object a name")
          .ignoring(
              "uid",
              "resourceVersion",
              "generation",
              "creationTimestamp",
              "deletionTimestamp",
              "deletionGracePeriodSeconds",
              "managedFields",
              "selfLink",
              "ownerReferences",
              "finalizers");

  /** kubectl's own copy of the document that was applied. */
  private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

  private DocumentDecoder() {}

  /** Decodes manifests and checks them against each other and against what is there. */
  public static PolicyBatch decode(List<Manifest> manifests, Inventory inventory) {
    var drafts = new ArrayList<Draft>();
    var reports = new ArrayList<Report>();
    for (Manifest manifest : manifests) {
      for (var document : YamlReader.read(manifest.getName(), manifest.getContent())) {
        reports.add(document.report());
        for (Place object : ListDocument.objects(document)) {
          if (object.report() != document.report()) {
            reports.add(object.report());
          }
          Draft draft = decode(object, new Stored("", 0, 0));
          if (draft != null) {
            drafts.add(draft);
          }
        }
      }
    }
    ReferenceCheck.check(drafts, inventory);
    ConfigEntryCheck.check(drafts, inventory);
    var documents = new ArrayList<PolicyDocument>();
    for (Draft draft : drafts) {
      PolicyObject object = draft.object();
      if (object != null && draft.report().errors().isEmpty()) {
        documents.add(draft.document(object));
      }
    }
    return new PolicyBatch(
        documents,
        reports.stream().flatMap(report -> byLine(report.errors()).stream()).toList(),
        reports.stream().flatMap(report -> byLine(report.warnings()).stream()).toList());
  }

  /**
   * Decodes what the store holds. References are not checked: what they name may come later, and
   * the compiler copes with what dangles.
   *
   * @param revision the store's revision of the key
   * @throws InvalidPolicyException when it does not pass today's rules
   */
  public static PolicyObject decodeStored(Policy policy, long revision)
      throws InvalidPolicyException {
    var key = policy.getKey();
    String name = key.getKind() + " " + key.getNamespace() + "/" + key.getName();
    List<YamlReader.Document> documents = YamlReader.read(name, policy.getJson());
    var first = documents.getFirst();
    Report report = first.report();
    if (policy.getSource().equals(DocumentMeta.KUBERNETES)) {
      report.accepted();
    }
    var stored = new Stored(policy.getSource(), policy.getCreatedAtMillis(), revision);
    YamlNode root = first.root();
    Draft draft = root == null ? null : decode(Place.root(report, root), stored);
    if (draft != null && !draft.key().equals(key)) {
      report.error(0, "metadata", draft.kind() + " " + draft.name(), name, "is not " + name);
    }
    PolicyObject object = draft == null ? null : draft.object();
    if (object == null || !report.errors().isEmpty()) {
      throw new InvalidPolicyException(report.errors());
    }
    return object;
  }

  /** What the store knows of a document besides its text. */
  private record Stored(String source, long createdAtMillis, long revision) {}

  private static List<PolicyError> byLine(List<PolicyError> errors) {
    return errors.stream().sorted(Comparator.comparingInt(PolicyError::getLine)).toList();
  }

  /** The document, its object null when it has errors; null when it cannot be told what it is. */
  private static @Nullable Draft decode(Place at, Stored stored) {
    Report report = at.report();
    if (!(at.node() instanceof Mapping mapping)) {
      at.wrong("a mapping with apiVersion, kind, metadata and spec");
      return null;
    }
    report.object(object(mapping));
    Obj document = Obj.of(at, DOCUMENT);
    Place kindAt = document.require("kind", Place.list(Kinds.all()));
    String kind = kindAt == null ? null : kindAt.oneOf(Kinds.all());
    Place version = document.require("apiVersion", "the apiVersion of its kind");
    Kinds.Served served = kind == null ? null : Kinds.served(kind);
    if (served != null && version != null) {
      version.oneOf(served.apiVersions());
    }
    Place metadata = document.require("metadata", "a mapping with the object's name");
    Draft draft = kind == null || metadata == null ? null : metadata(report, kind, metadata);
    Place spec = document.require("spec", "what the object says");
    if (draft == null || spec == null) {
      return draft;
    }
    var meta =
        new DocumentMeta(
            draft.namespace(),
            draft.name(),
            stored.source,
            stored.createdAtMillis,
            stored.revision);
    PolicyObject object =
        switch (draft.kind()) {
          case Kinds.SERVICE ->
              new PolicyObject.OfService(
                  meta.source().equals(DocumentMeta.KUBERNETES)
                      ? KubernetesServices.decode(spec, meta)
                      : ServiceDocuments.decode(spec, meta));
          case Kinds.HTTP_ROUTE ->
              new PolicyObject.OfRoute(HttpRouteDocuments.decode(draft, spec, meta));
          case Kinds.GRPC_ROUTE ->
              new PolicyObject.OfRoute(GrpcRouteDocuments.decode(draft, spec, meta));
          case Kinds.TLS_ROUTE ->
              new PolicyObject.OfRoute(ConnectionRouteDocuments.tls(draft, spec, meta));
          case Kinds.TCP_ROUTE ->
              new PolicyObject.OfRoute(ConnectionRouteDocuments.tcp(draft, spec, meta));
          case Kinds.REFERENCE_GRANT ->
              new PolicyObject.OfGrant(ReferenceGrantDocuments.decode(spec, meta));
          case Kinds.CONFIG_ENTRY ->
              new PolicyObject.OfConfigEntry(ConfigEntryDocuments.decode(draft, spec, meta));
          default -> new PolicyObject.OfPolicy(TrafficPolicyDocuments.decode(draft, spec, meta));
        };
    if (report.errors().isEmpty()) {
      String json = CanonicalJson.write(at.node());
      int bytes = json.getBytes(StandardCharsets.UTF_8).length;
      if (bytes > MAX_JSON_BYTES) {
        report.error(
            at.line(),
            at.path(),
            bytes + " bytes",
            "at most " + MAX_JSON_BYTES,
            "is " + bytes + " bytes long, expected at most " + MAX_JSON_BYTES);
      }
      draft.decoded(object, json);
    }
    return draft;
  }

  private static @Nullable Draft metadata(Report report, String kind, Place at) {
    Obj metadata = Obj.of(at, METADATA);
    Place nameAt = metadata.require("name", "the object's name");
    String name = nameAt == null ? null : nameAt.string();
    boolean label = kind.equals(Kinds.SERVICE);
    if (nameAt != null
        && name != null
        && !(label ? Syntax.isDnsLabel(name) : Syntax.isDnsName(name))) {
      nameAt.wrong(
          label ? "a DNS label: 1 to 63 of a-z, 0-9 and \"-\"" : "a DNS name in lower case");
      return null;
    }
    Place namespaceAt = metadata.get("namespace");
    String namespace = namespaceAt == null ? "default" : namespaceAt.string();
    if (namespaceAt != null && namespace != null && !Syntax.isDnsLabel(namespace)) {
      namespaceAt.wrong("a DNS label: 1 to 63 of a-z, 0-9 and \"-\"");
      return null;
    }
    metadata.fill("namespace", "default");
    Place annotations = metadata.get("annotations");
    if (annotations != null && annotations.node() instanceof Mapping mapping) {
      mapping.entries().remove(LAST_APPLIED);
    }
    strings(metadata, "labels");
    strings(metadata, "annotations");
    return nameAt == null || name == null || namespace == null
        ? null
        : new Draft(report, kind, namespace, name, nameAt);
  }

  private static void strings(Obj metadata, String field) {
    Place place = metadata.get(field);
    if (place == null) {
      return;
    }
    Map<String, String> strings = place.strings(MAX_LABELS);
    if (strings.isEmpty()
        && place.node() instanceof Mapping mapping
        && mapping.entries().isEmpty()) {
      metadata.drop(field);
    }
  }

  /** What errors call the object, as far as it can be told. */
  private static String object(Mapping root) {
    String kind = text(root, "kind");
    String name = "";
    String namespace = "";
    Entry metadata = root.entries().get("metadata");
    if (metadata != null && metadata.value() instanceof Mapping mapping) {
      name = text(mapping, "name");
      namespace = text(mapping, "namespace");
    }
    String path = name.isEmpty() ? "" : (namespace.isEmpty() ? "default" : namespace) + "/" + name;
    return Report.shorten((kind + " " + path).strip());
  }

  static String text(Mapping mapping, String field) {
    Entry entry = mapping.entries().get(field);
    return entry != null && entry.value() instanceof Scalar scalar ? scalar.text() : "";
  }
}
