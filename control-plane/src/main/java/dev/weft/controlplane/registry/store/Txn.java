package dev.weft.controlplane.registry.store;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One atomic change: when all compares hold, all operations happen, at one revision. Immutable;
 * made by {@link #builder}.
 *
 * @param compares what must hold; none always holds
 * @param operations what to do; each key at most once
 */
public record Txn(List<Compare> compares, List<Operation> operations) {
  /** The most operations of one transaction (etcd's limit). */
  public static final int MAX_OPERATIONS = 128;

  /** The most compares of one transaction: one less, which the store keeps for its own identity. */
  public static final int MAX_COMPARES = MAX_OPERATIONS - 1;

  /**
   * The most bytes of keys and values in one transaction (etcd takes 1.5 MiB with everything around
   * it).
   */
  public static final int MAX_BYTES = 1 << 20;

  /** A condition on one key. */
  public sealed interface Compare {
    /** The key that is looked at. */
    String key();

    /** Holds when the key does not exist. */
    record Absent(String key) implements Compare {}

    /** Holds when the key exists and was last put at this revision. */
    record ModRevision(String key, long revision) implements Compare {}

    /** Holds when the key exists and has this value. */
    record Value(String key, ByteString value) implements Compare {}
  }

  /** One change of one key. */
  public sealed interface Operation {
    /** The key that changes. */
    String key();

    /**
     * Writes a value; under a lease the key vanishes with it, without one an earlier lease is left.
     */
    record Put(String key, ByteString value, @Nullable Lease lease) implements Operation {}

    /** Removes a key; one that does not exist is left so, and makes no revision. */
    record Delete(String key) implements Operation {}
  }

  /**
   * Checks the limits.
   *
   * @throws IllegalArgumentException when there are too many operations or bytes, a key twice, or a
   *     bad key
   */
  public Txn {
    compares = List.copyOf(compares);
    operations = List.copyOf(operations);
    requireAtMost(MAX_OPERATIONS, operations.size(), "operations");
    requireAtMost(MAX_COMPARES, compares.size(), "compares");
    Set<String> seen = new HashSet<>();
    for (Compare compare : compares) {
      Keys.requireKey(compare.key());
      if (compare instanceof Compare.ModRevision(String key, long revision) && revision < 1) {
        throw new IllegalArgumentException(
            "compare of "
                + key
                + " with revision "
                + revision
                + ": a revision is 1 or more; use ifAbsent");
      }
    }
    for (Operation operation : operations) {
      Keys.requireKey(operation.key());
      if (!seen.add(operation.key())) {
        throw new IllegalArgumentException(
            "a transaction changes key " + operation.key() + " twice");
      }
    }
    long bytes = bytes(compares, operations);
    if (bytes > MAX_BYTES) {
      throw new IllegalArgumentException(
          "a transaction of "
              + bytes
              + " bytes; at most "
              + MAX_BYTES
              + ": split it, or store less");
    }
  }

  /** The bytes of its keys and values. */
  public long bytes() {
    return bytes(compares, operations);
  }

  private static long bytes(List<Compare> compares, List<Operation> operations) {
    long bytes = 0;
    for (Compare compare : compares) {
      bytes += compare.key().length();
      if (compare instanceof Compare.Value(String key, ByteString value)) {
        bytes += value.size();
      }
    }
    for (Operation operation : operations) {
      bytes += operation.key().length();
      if (operation instanceof Operation.Put put) {
        bytes += put.value().size();
      }
    }
    return bytes;
  }

  private static void requireAtMost(int limit, int count, String what) {
    if (count > limit) {
      throw new IllegalArgumentException(
          "a transaction with "
              + count
              + " "
              + what
              + "; at most "
              + limit
              + " can be atomic: write the rest first, under keys that a marker key makes visible");
    }
  }

  /** An empty transaction to add to. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects a transaction. For one thread. */
  public static final class Builder {
    private final List<Compare> compares = new ArrayList<>();
    private final List<Operation> operations = new ArrayList<>();

    private Builder() {}

    /** Requires that the key does not exist. */
    public Builder ifAbsent(String key) {
      compares.add(new Compare.Absent(key));
      return this;
    }

    /** Requires that the key exists and was last put at this revision. */
    public Builder ifModRevision(String key, long revision) {
      compares.add(new Compare.ModRevision(key, revision));
      return this;
    }

    /** Requires that the key exists with this value. */
    public Builder ifValue(String key, ByteString value) {
      compares.add(new Compare.Value(key, value));
      return this;
    }

    /** Writes a value, under no lease. */
    public Builder put(String key, ByteString value) {
      operations.add(new Operation.Put(key, value, null));
      return this;
    }

    /** Writes a value that vanishes with the lease. */
    public Builder put(String key, ByteString value, Lease lease) {
      operations.add(new Operation.Put(key, value, lease));
      return this;
    }

    /** Removes a key. */
    public Builder delete(String key) {
      operations.add(new Operation.Delete(key));
      return this;
    }

    /** How many operations were added. */
    public int size() {
      return operations.size();
    }

    /**
     * The transaction.
     *
     * @throws IllegalArgumentException see {@link Txn}
     */
    public Txn build() {
      return new Txn(compares, operations);
    }
  }
}
