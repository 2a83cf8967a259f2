package dev.weft.controlplane.validate.yaml;

import dev.weft.proto.policy.v1.PolicyError;
import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong with one document. Used by one thread while it decodes. */
public final class Report {
  private static final int MAX_VALUE = 100;

  private final String manifest;
  private final int document;
  private final List<PolicyError> errors = new ArrayList<>();
  private final List<PolicyError> warnings = new ArrayList<>();
  private String object = "";
  private boolean lenient;

  Report(String manifest, int document) {
    this.manifest = manifest;
    this.document = document;
  }

  /** For another object of the same document. */
  public Report another() {
    return new Report(manifest, document);
  }

  /**
   * A server has accepted the document already: what we do not know of it, because it is newer than
   * we are, is passed over.
   */
  public void accepted() {
    lenient = true;
  }

  /** Whether what is not known is passed over. */
  public boolean lenient() {
    return lenient;
  }

  public String manifest() {
    return manifest;
  }

  public int document() {
    return document;
  }

  public String object() {
    return object;
  }

  /** What every error names, the earlier ones too, e.g. "HTTPRoute default/catalog". */
  public void object(String object) {
    this.object = object;
    errors.replaceAll(error -> error.toBuilder().setObject(object).build());
  }

  public void error(int line, String path, String value, String expected, String message) {
    errors.add(entry(line, path, value, expected, message));
  }

  public void warning(int line, String path, String value, String expected, String message) {
    warnings.add(entry(line, path, value, expected, message));
  }

  public List<PolicyError> errors() {
    return errors;
  }

  public List<PolicyError> warnings() {
    return warnings;
  }

  private PolicyError entry(int line, String path, String value, String expected, String message) {
    return PolicyError.newBuilder()
        .setManifest(manifest)
        .setDocument(document)
        .setLine(line)
        .setObject(object)
        .setFieldPath(path)
        .setValue(shorten(value))
        .setExpected(expected)
        .setMessage(message)
        .build();
  }

  /** At most 100 characters on one line. */
  public static String shorten(String text) {
    String cut = text.length() <= MAX_VALUE ? text : text.substring(0, MAX_VALUE) + "...";
    return cut.replace("\r", "\\r").replace("\n", "\\n").replace("\0", "\\0");
  }
}
