package dev.weft.controlplane.registry.store.etcd;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.registry.store.Txn;
import io.etcd.jetcd.api.Compare;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;

/** Between the contract's words and etcd's, for one root. Immutable. */
final class Requests {
  private static final String IDENTITY_KEY = "meta/store-id";

  private final String root;

  Requests(String root) {
    this.root = root;
  }

  ByteString key(String key) {
    return ByteString.copyFromUtf8(root + key);
  }

  /**
   * The key after all that start with a prefix: prefixes are ASCII and, with the root, never empty.
   */
  ByteString end(String prefix) {
    String whole = root + prefix;
    char last = whole.charAt(whole.length() - 1);
    return ByteString.copyFromUtf8(whole.substring(0, whole.length() - 1) + (char) (last + 1));
  }

  String relative(ByteString key) {
    return key.toStringUtf8().substring(root.length());
  }

  Entry entry(KeyValue found) {
    return new Entry(
        relative(found.getKey()),
        found.getValue(),
        found.getCreateRevision(),
        found.getModRevision());
  }

  RangeRequest.Builder range(String prefix) {
    return RangeRequest.newBuilder().setKey(key(prefix)).setRangeEnd(end(prefix));
  }

  /** Reads the identity, first, and something else, at once. */
  TxnRequest withIdentity(RangeRequest.Builder range) {
    return TxnRequest.newBuilder().addSuccess(readIdentity()).addSuccess(op(range)).build();
  }

  RequestOp readIdentity() {
    return op(RangeRequest.newBuilder().setKey(key(IDENTITY_KEY)));
  }

  /** Makes the identity if there is none; else reads it. */
  TxnRequest makeIdentity(String identity) {
    ByteString key = key(IDENTITY_KEY);
    return TxnRequest.newBuilder()
        .addCompare(absent(key))
        .addSuccess(
            RequestOp.newBuilder()
                .setRequestPut(
                    PutRequest.newBuilder()
                        .setKey(key)
                        .setValue(ByteString.copyFromUtf8(identity))))
        .addFailure(readIdentity())
        .build();
  }

  /** A transaction that also requires the identity, and reads it where it does not succeed. */
  TxnRequest commit(Txn txn, String identity) {
    TxnRequest.Builder request =
        TxnRequest.newBuilder()
            .addCompare(value(key(IDENTITY_KEY), ByteString.copyFromUtf8(identity)))
            .addFailure(readIdentity());
    for (Txn.Compare compare : txn.compares()) {
      ByteString key = key(compare.key());
      request.addCompare(
          switch (compare) {
            case Txn.Compare.Absent _ -> absent(key);
            case Txn.Compare.ModRevision(String _, long revision) ->
                Compare.newBuilder()
                    .setKey(key)
                    .setTarget(Compare.CompareTarget.MOD)
                    .setResult(Compare.CompareResult.EQUAL)
                    .setModRevision(revision)
                    .build();
            case Txn.Compare.Value(String _, ByteString value) -> value(key, value);
          });
    }
    for (Txn.Operation operation : txn.operations()) {
      ByteString key = key(operation.key());
      request.addSuccess(
          switch (operation) {
            case Txn.Operation.Put put ->
                RequestOp.newBuilder()
                    .setRequestPut(
                        PutRequest.newBuilder()
                            .setKey(key)
                            .setValue(put.value())
                            .setLease(put.lease() == null ? 0 : put.lease().id()))
                    .build();
            case Txn.Operation.Delete _ ->
                RequestOp.newBuilder()
                    .setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(key))
                    .build();
          });
    }
    return request.build();
  }

  private static RequestOp op(RangeRequest.Builder range) {
    return RequestOp.newBuilder().setRequestRange(range).build();
  }

  private static Compare absent(ByteString key) {
    return Compare.newBuilder()
        .setKey(key)
        .setTarget(Compare.CompareTarget.CREATE)
        .setResult(Compare.CompareResult.EQUAL)
        .setCreateRevision(0)
        .build();
  }

  private static Compare value(ByteString key, ByteString value) {
    return Compare.newBuilder()
        .setKey(key)
        .setTarget(Compare.CompareTarget.VALUE)
        .setResult(Compare.CompareResult.EQUAL)
        .setValue(value)
        .build();
  }
}
