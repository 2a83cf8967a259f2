package dev.weft.controlplane.inforce;

import dev.weft.controlplane.registry.RegistryView;
import dev.weft.controlplane.registry.RegistryView.Report;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What all replicas know together: this one of its own sidecars, the others by their reports in the
 * store. Reads a report once. For one thread.
 */
public final class Replicas {
  private final String self;
  private Map<String, Read> read = Map.of();
  private List<String> others = List.of();
  private InForce own = InForce.UNKNOWN;

  private record Read(long revision, InForce said) {}

  /**
   * @param self this replica
   */
  public Replicas(String self) {
    this.self = self;
  }

  /** What is known now. */
  public void look(RegistryView view, InForce ofOwnSidecars) {
    own = ofOwnSidecars;
    others = view.replicas().stream().filter(each -> !each.equals(self)).toList();
    Map<String, Read> now = new HashMap<>();
    for (Report report : view.reports()) {
      String name = report.replica() + '/' + report.chunk();
      Read known = read.get(name);
      now.put(
          name,
          known != null && known.revision == report.revision()
              ? known
              : new Read(report.revision(), ReportText.parse(report.text())));
    }
    read = now;
  }

  /**
   * How a document stands with all sidecars.
   *
   * @param changedAt the revision at which it was changed last
   */
  public Standing of(Document document, long changedAt) {
    Standing all = own.of(document, changedAt);
    for (String replica : others) {
      Read report = read.get(replica + '/' + ReportText.chunk(document));
      all = all.plus(report == null ? Standing.SILENT : report.said.of(document, changedAt));
    }
    return all;
  }
}
