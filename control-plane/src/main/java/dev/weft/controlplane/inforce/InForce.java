package dev.weft.controlplane.inforce;

import java.util.Map;

/**
 * How documents stand with the sidecars of one replica, at one revision of the store: of a document
 * that has changed since nothing is known. A value.
 *
 * @param revision 0: nothing is known at all
 * @param documents those that some sidecar needs
 */
public record InForce(long revision, Map<Document, Standing> documents) {
  /** Before anything is known. */
  public static final InForce UNKNOWN = new InForce(0, Map.of());

  public InForce {
    documents = Map.copyOf(documents);
  }

  /**
   * How a document stands.
   *
   * @param changedAt the revision at which it was changed last
   */
  Standing of(Document document, long changedAt) {
    return revision < changedAt
        ? Standing.SILENT
        : documents.getOrDefault(document, Standing.UNNEEDED);
  }
}
