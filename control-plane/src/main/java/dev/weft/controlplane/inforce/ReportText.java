package dev.weft.controlplane.inforce;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * A report of a replica, as it stands in the store: a line with the revision that it is true of,
 * then one line for each document, {@code KIND/NAMESPACE/NAME NEEDED IN_FORCE REFUSED REFUSAL}.
 * Documents are dealt out to a fixed number of chunks, so that the change of one rewrites little.
 * Pure.
 */
final class ReportText {
  /** Keys of one replica. */
  static final int CHUNKS = 32;

  private static final int MAX_REFUSAL = 300;

  private ReportText() {}

  static int chunk(Document document) {
    return Math.floorMod(document.toString().hashCode(), CHUNKS);
  }

  /** The lines below the first. */
  static String body(Map<Document, Standing> documents) {
    var lines = new TreeMap<String, Standing>();
    documents.forEach((document, standing) -> lines.put(document.toString(), standing));
    var text = new StringBuilder();
    lines.forEach(
        (document, standing) -> {
          text.append(document).append(' ').append(standing.needed());
          text.append(' ').append(standing.inForce()).append(' ').append(standing.refused());
          String refusal = standing.refusal().replaceAll("\\s+", " ").strip();
          text.append(' ').append(refusal, 0, Math.min(MAX_REFUSAL, refusal.length())).append('\n');
        });
    return text.toString();
  }

  static String text(long revision, String body) {
    return revision + "\n" + body;
  }

  static String bodyOf(String text) {
    return text.substring(text.indexOf('\n') + 1);
  }

  /** What a text says; of what cannot be read nothing is known, as of what is not there. */
  static InForce parse(String text) {
    try {
      int end = text.indexOf('\n');
      long revision = Long.parseLong(text.substring(0, Math.max(0, end)));
      Map<Document, Standing> documents = new HashMap<>();
      for (String line : bodyOf(text).split("\n", -1)) {
        if (line.isEmpty()) {
          continue;
        }
        String[] parts = line.split(" ", 5);
        Document document = Document.parse(parts[0]);
        if (document == null || parts.length < 5) {
          return InForce.UNKNOWN;
        }
        documents.put(
            document,
            new Standing(
                Integer.parseInt(parts[1]),
                Integer.parseInt(parts[2]),
                Integer.parseInt(parts[3]),
                parts[4],
                0));
      }
      return new InForce(revision, documents);
    } catch (NumberFormatException e) {
      return InForce.UNKNOWN;
    }
  }
}
