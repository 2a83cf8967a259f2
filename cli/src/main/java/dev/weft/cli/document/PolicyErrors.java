package dev.weft.cli.document;

import dev.weft.proto.policy.v1.PolicyError;
import java.io.PrintWriter;
import java.util.List;

/** Prints what was wrong with a document: where, what, and what was expected. */
public final class PolicyErrors {
  private PolicyErrors() {}

  public static void print(PrintWriter err, String severity, List<PolicyError> errors) {
    for (PolicyError error : errors) {
      StringBuilder where = new StringBuilder(error.getManifest());
      if (error.getLine() > 0) {
        where.append(':').append(error.getLine());
      }
      if (error.getDocument() > 0) {
        where.append(" (document ").append(error.getDocument()).append(')');
      }
      if (!error.getObject().isEmpty()) {
        where.append(", ").append(error.getObject());
      }
      err.println(severity + ": " + where + ": " + error.getMessage());
      detail(err, "field", error.getFieldPath());
      detail(err, "value", error.getValue());
      detail(err, "expected", error.getExpected());
    }
    err.flush();
  }

  private static void detail(PrintWriter err, String name, String value) {
    if (!value.isEmpty()) {
      err.printf("  %-10s%s%n", name + ":", value.indent(12).strip());
    }
  }
}
