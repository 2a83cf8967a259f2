package dev.weft.controlplane.registry;

import dev.weft.controlplane.registry.RegistryView.Held;
import dev.weft.controlplane.registry.RegistryView.Report;
import dev.weft.controlplane.registry.store.Entry;

/**
 * Follows what replicas have in the store for as long as they live: themselves, the sessions that
 * they hear, what they lead, what they report. Owned by the registry thread.
 */
final class LeasedEntries {
  private SortedTree<Held> sessions = SortedTree.empty();
  private SortedTree<Held> replicas = SortedTree.empty();
  private SortedTree<Held> leaders = SortedTree.empty();
  private SortedTree<Report> reports = SortedTree.empty();

  /**
   * Takes an entry that is one of these; others are nothing to it.
   *
   * @throws IllegalArgumentException if its key has not the form that its first part wants
   */
  void put(Entry entry) {
    String key = entry.key();
    if (key.startsWith(Keyspace.SESSION_PREFIX)) {
      String[] parts = ViewBuilder.parts(key, 3, "session/REPLICA/NAMESPACE/ID");
      sessions = sessions.put(session(parts), held(entry, parts[0]));
    } else if (key.startsWith(Keyspace.REPLICA_PREFIX)) {
      replicas = replicas.put(last(key), held(entry, entry.value().toStringUtf8()));
    } else if (key.startsWith(Keyspace.LEADER_PREFIX)) {
      leaders = leaders.put(last(key), held(entry, entry.value().toStringUtf8()));
    } else if (key.startsWith(Keyspace.REPORT_PREFIX)) {
      String[] parts = ViewBuilder.parts(key, 2, "inforce/REPLICA/CHUNK");
      var report =
          new Report(
              parts[0],
              Integer.parseInt(parts[1]),
              entry.value().toStringUtf8(),
              entry.modRevision());
      reports = reports.put(last(key), report);
    }
  }

  void delete(String key) {
    if (key.startsWith(Keyspace.SESSION_PREFIX)) {
      String[] parts = Keyspace.parts(key, 3);
      if (parts != null) {
        sessions = sessions.remove(session(parts));
      }
    } else if (key.startsWith(Keyspace.REPLICA_PREFIX)) {
      replicas = replicas.remove(last(key));
    } else if (key.startsWith(Keyspace.LEADER_PREFIX)) {
      leaders = leaders.remove(last(key));
    } else if (key.startsWith(Keyspace.REPORT_PREFIX)) {
      reports = reports.remove(last(key));
    }
  }

  SortedTree<Held> sessions() {
    return sessions;
  }

  SortedTree<Held> replicas() {
    return replicas;
  }

  SortedTree<Held> leaders() {
    return leaders;
  }

  SortedTree<Report> reports() {
    return reports;
  }

  private static String session(String[] parts) {
    return parts[1] + '/' + parts[2] + '/' + parts[0];
  }

  private static Held held(Entry entry, String holder) {
    return new Held(holder, entry.value().toStringUtf8(), entry.modRevision());
  }

  private static String last(String key) {
    return key.substring(key.indexOf('/') + 1);
  }
}
