package dev.weft.controlplane.registry.history;

import dev.weft.controlplane.registry.Keyspace;
import dev.weft.proto.policy.v1.Deletion;
import dev.weft.proto.policy.v1.Policy;
import org.jspecify.annotations.Nullable;

/**
 * A document from one revision up to another. Immutable.
 *
 * @param policy with key, source and revision, which is the one at which it began
 * @param until the revision that ended it; 0: it is in force
 * @param endedAtMillis UTC milliseconds since 1970; 0: it is in force
 * @param deletion null: it was not deleted, but replaced
 * @param omittedBytes when it was too large to be kept, how large; else 0
 */
public record Version(
    Policy policy, long until, long endedAtMillis, @Nullable Deletion deletion, long omittedBytes) {

  static Version current(Policy policy) {
    return new Version(policy, 0, 0, null, 0);
  }

  /** The revision at which it began. */
  public long since() {
    return policy.getRevision();
  }

  /** Whether it is in force. */
  public boolean current() {
    return until == 0;
  }

  /** Whether nothing of that name was there before it. */
  public boolean first() {
    return policy.getVersion() == 1
        || (policy.getVersion() == 0
            && policy.getSource().equals(Keyspace.APPLY)
            && policy.getCreatedAtMillis() == policy.getChangedAtMillis());
  }

  boolean coversRevision(long revision) {
    return since() <= revision && (current() || revision < until);
  }
}
