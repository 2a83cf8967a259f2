package dev.weft.controlplane.registry;

import dev.weft.controlplane.model.DocumentMeta;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the keys of the store mean. Every writer and the registry make and read keys here only.
 *
 * <pre>
 * registry/SOURCE/NAMESPACE/SERVICE/ID   registry.v1.Instance
 * endpoints/SOURCE/NAMESPACE/SERVICE/SLICE  registry.v1.ServiceEndpoints
 * nodes/SOURCE/NAME                      discovery.v1.Locality, where a machine stands
 * policy/SOURCE/KIND/NAMESPACE/NAME      policy.v1.Policy
 * history/policy/KIND/NAMESPACE/NAME/SOURCE/REVISION  policy.v1.FormerPolicy; when it began, 19 digits
 * history/forgotten                      a revision, as text
 * override/instance/NAMESPACE/ID         registry.v1.StoredOverride, what an operator says of it
 * override/zone/ZONE                     the same of all instances of a zone
 * override/serial                        changes with each of them
 * removed/last                           the keys that a transaction removed by intent, one a line
 * recovery/word                          what an operator says of a loss: restore or accept
 * session/REPLICA/NAMESPACE/ID           incarnation, as text; under the replica's lease
 * replica/REPLICA                        replica id, as text; under the replica's lease
 * leader/ROLE                            replica id, as text; under the replica's lease
 * streams/REPLICA                        how many sidecars it has, as text; under its lease
 * inforce/REPLICA/CHUNK                  what it tells of its sidecars, as text; under its lease
 * </pre>
 */
public final class Keyspace {
  /** The source of instances that register themselves. */
  public static final String SELF = "self";

  /** The source of what {@code weft apply} writes. */
  public static final String APPLY = "apply";

  /** The source of what Kubernetes owns. */
  public static final String KUBERNETES = DocumentMeta.KUBERNETES;

  /** Every instance, of every source. */
  public static final String REGISTRY_PREFIX = "registry/";

  /** Every slice of endpoints, of every source. */
  public static final String ENDPOINTS_PREFIX = "endpoints/";

  /** Every machine of which it is known where it stands, of every source. */
  public static final String NODES_PREFIX = "nodes/";

  /** Every policy, of every source. */
  public static final String POLICY_PREFIX = "policy/";

  /** What operators say. */
  public static final String OVERRIDE_PREFIX = "override/";

  /** Changes with each override, so that each is decided on all the others. */
  public static final String OVERRIDE_SERIAL = OVERRIDE_PREFIX + "serial";

  static final String INSTANCE_OVERRIDE_PREFIX = OVERRIDE_PREFIX + "instance/";
  static final String ZONE_OVERRIDE_PREFIX = OVERRIDE_PREFIX + "zone/";

  /** What is not in force any more. */
  public static final String HISTORY_PREFIX = "history/";

  /** Every former version of a policy. */
  public static final String FORMER_POLICY_PREFIX = HISTORY_PREFIX + "policy/";

  /** Holds, as text, up to which revision documents that were deleted may be forgotten. */
  public static final String FORGOTTEN = HISTORY_PREFIX + "forgotten";

  /** Names, one a line, the keys that its transaction removes: they are meant to be gone. */
  public static final String REMOVED = "removed/last";

  /** Holds what an operator says of what the store has lost. */
  public static final String RECOVERY_WORD = "recovery/word";

  /** The store's own identity. */
  static final String STORE_ID = "meta/store-id";

  /** What is not believed gone at once. */
  static final Set<String> GUARDED = Set.of("registry", "endpoints", "nodes", "policy", "override");

  /** Those that somebody wrote by intent, and nothing but an intent removes. */
  static final Set<String> GUARDED_DOCUMENTS = Set.of("policy", "override");

  /** The key that the elected reaper holds. */
  public static final String REAPER_LEADER = "leader/reaper";

  /** How many sidecars each replica has. */
  public static final String STREAMS_PREFIX = "streams/";

  static final String SESSION_PREFIX = "session/";
  static final String REPLICA_PREFIX = "replica/";
  public static final String LEADER_PREFIX = "leader/";
  static final String REPORT_PREFIX = "inforce/";

  private Keyspace() {}

  static boolean isGuarded(String key) {
    int slash = key.indexOf('/');
    return slash > 0 && GUARDED.contains(key.substring(0, slash));
  }

  /** The key of an instance. */
  public static String instance(String source, String namespace, String service, String id) {
    return REGISTRY_PREFIX + source + '/' + namespace + '/' + service + '/' + id;
  }

  /** The key of one slice of a service's endpoints. */
  public static String endpoints(String source, String namespace, String service, String slice) {
    return ENDPOINTS_PREFIX + source + '/' + namespace + '/' + service + '/' + slice;
  }

  /** The key of a machine. */
  public static String node(String source, String name) {
    return NODES_PREFIX + source + '/' + name;
  }

  /** The key of a policy document. */
  public static String policy(String source, String kind, String namespace, String name) {
    return POLICY_PREFIX + source + '/' + kind + '/' + namespace + '/' + name;
  }

  /** The key of what an operator says of an instance. */
  public static String instanceOverride(String namespace, String id) {
    return INSTANCE_OVERRIDE_PREFIX + namespace + '/' + id;
  }

  /** The key of what an operator says of a zone. */
  public static String zoneOverride(String zone) {
    return ZONE_OVERRIDE_PREFIX + zone;
  }

  /** The key of a former version of a policy, in the order of revisions. */
  public static String formerPolicy(
      String kind, String namespace, String name, String source, long revision) {
    return FORMER_POLICY_PREFIX
        + kind
        + '/'
        + namespace
        + '/'
        + name
        + '/'
        + source
        + '/'
        + String.format(Locale.ROOT, "%019d", revision);
  }

  /** The key of how many sidecars a replica has. */
  public static String streams(String replica) {
    return STREAMS_PREFIX + replica;
  }

  /** The key of a part of what a replica tells of its sidecars. */
  public static String report(String replica, int chunk) {
    return REPORT_PREFIX + replica + '/' + chunk;
  }

  public static String session(String replica, String namespace, String id) {
    return SESSION_PREFIX + replica + '/' + namespace + '/' + id;
  }

  public static String replica(String replica) {
    return REPLICA_PREFIX + replica;
  }

  /** The parts of a key after its first; null when there are not that many or one is empty. */
  static String @Nullable [] parts(String key, int count) {
    String[] all = key.split("/", -1);
    if (all.length != count + 1) {
      return null;
    }
    String[] parts = new String[count];
    for (int i = 0; i < count; i++) {
      parts[i] = all[i + 1];
      if (parts[i].isEmpty()) {
        return null;
      }
    }
    return parts;
  }
}
