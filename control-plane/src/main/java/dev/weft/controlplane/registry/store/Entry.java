package dev.weft.controlplane.registry.store;

import com.google.protobuf.ByteString;

/**
 * A key and what it holds. Immutable.
 *
 * @param key the key
 * @param value its bytes, possibly empty
 * @param createRevision the revision at which the key came to be (again, if it had been deleted)
 * @param modRevision the revision at which it was last put
 */
public record Entry(String key, ByteString value, long createRevision, long modRevision) {}
