package dev.weft.controlplane.validate.policy;

import dev.weft.controlplane.validate.yaml.Place;
import dev.weft.controlplane.validate.yaml.Report;
import dev.weft.proto.policy.v1.PolicyKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A document while it is decoded and checked. Used by one thread. */
public final class Draft {
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

  /**
   * @param report collects what is wrong with it
   * @param at the place of its name
   */
  public Draft(Report report, String kind, String namespace, String name, Place at) {
    this.report = report;
    this.kind = kind;
    this.namespace = namespace;
    this.name = name;
    this.at = at;
  }

  public Report report() {
    return report;
  }

  /** What it refers to, in its own order. */
  public List<Reference> references() {
    return references;
  }

  public void refer(Reference reference) {
    references.add(reference);
  }

  public String kind() {
    return kind;
  }

  public String namespace() {
    return namespace;
  }

  public String name() {
    return name;
  }

  /** The place of its name. */
  public Place at() {
    return at;
  }

  /** What it says; null when it is wrong. */
  public @Nullable PolicyObject object() {
    return object;
  }

  /** It has no errors: what it says, and its text normalised. */
  public void decoded(PolicyObject decoded, String normalised) {
    object = decoded;
    json = normalised;
  }

  public PolicyKey key() {
    return PolicyKey.newBuilder().setKind(kind).setNamespace(namespace).setName(name).build();
  }

  /** What it is without errors. */
  public PolicyDocument document(PolicyObject decoded) {
    return new PolicyDocument(
        report.manifest(), report.document(), at.line(), key(), json, decoded);
  }
}
