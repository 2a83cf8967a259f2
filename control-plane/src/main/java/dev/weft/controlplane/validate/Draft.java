package dev.weft.controlplane.validate;

import dev.weft.controlplane.validate.yaml.Place;
import dev.weft.controlplane.validate.yaml.Report;
import dev.weft.proto.policy.v1.PolicyKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A document while it is decoded and checked. Used by one thread. */
final class Draft {
  private final Report report;
  private final List<Reference> references = new ArrayList<>();
  private final String kind;
  private final String namespace;
  private final String name;

  /** Null when the document is wrong. */
  private @Nullable PolicyObject object;

  private String json = "";

  /** The place of the document's name. */
  private final Place at;

  Draft(Report report, String kind, String namespace, String name, Place at) {
    this.report = report;
    this.kind = kind;
    this.namespace = namespace;
    this.name = name;
    this.at = at;
  }

  Report report() {
    return report;
  }

  List<Reference> references() {
    return references;
  }

  void refer(Reference reference) {
    references.add(reference);
  }

  String kind() {
    return kind;
  }

  String namespace() {
    return namespace;
  }

  String name() {
    return name;
  }

  Place at() {
    return at;
  }

  @Nullable PolicyObject object() {
    return object;
  }

  void decoded(PolicyObject decoded, String normalised) {
    object = decoded;
    json = normalised;
  }

  PolicyKey key() {
    return PolicyKey.newBuilder().setKind(kind).setNamespace(namespace).setName(name).build();
  }

  PolicyDocument document(PolicyObject decoded) {
    return new PolicyDocument(
        report.manifest(), report.document(), at.line(), key(), json, decoded);
  }
}
