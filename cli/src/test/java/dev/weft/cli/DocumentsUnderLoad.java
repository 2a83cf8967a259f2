package dev.weft.cli;

import dev.weft.controlplane.registry.store.Range;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.proto.policy.v1.ApplyRequest;
import dev.weft.proto.policy.v1.ApplyResponse;
import dev.weft.proto.policy.v1.ListRequest;
import dev.weft.proto.policy.v1.ListResponse;
import dev.weft.proto.policy.v1.Manifest;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyServiceGrpc;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Service documents, each known by its port, that several clients apply. Thread-safe. */
final class DocumentsUnderLoad extends RecordedKind {
  private static final int WRITERS = 3;
  private static final String SHARED = "shared";
  private static final String KEYS = "policy/apply/Service/";
  private static final Pattern PORT = Pattern.compile("\"port\":\\s*(\\d+)");

  private final Store store;
  private final Queue<String> failures;

  /**
   * @param failures where it is told what was refused
   */
  DocumentsUnderLoad(Store store, Queue<String> failures) {
    this.store = store;
    this.failures = failures;
  }

  /** How many threads the writers need. */
  static int writes() {
    return 2 * WRITERS;
  }

  /** Each client writes a document of its own, and one that all write. */
  void begin(PacedCalls writers, List<ManagedChannel> replicas) {
    for (int i = 0; i < WRITERS; i++) {
      String own = own(i);
      ManagedChannel to = replicas.get(i % replicas.size());
      writers.every(30, () -> writeOnce(to, own));
      writers.every(45, () -> writeOnce(to, SHARED));
    }
  }

  private static String own(int writer) {
    return "w" + writer;
  }

  /** Whether it was acknowledged. */
  boolean writeOnce(ManagedChannel to, String key) {
    String value = nextValue();
    String manifest =
        """
        apiVersion: v1
        kind: Service
        metadata: {name: %s}
        spec: {ports: [{port: %s}]}
        """
            .formatted(key, value);
    return write(
        key,
        value,
        () -> {
          ApplyResponse response =
              PolicyServiceGrpc.newBlockingStub(to)
                  .withDeadlineAfter(CALL_TIMEOUT.toSeconds(), TimeUnit.SECONDS)
                  .apply(
                      ApplyRequest.newBuilder()
                          .addManifests(Manifest.newBuilder().setName("-").setContent(manifest))
                          .build());
          if (response.getErrorsCount() > 0) {
            failures.add(response.getErrors(0).getMessage());
            return null;
          }
          return response.getRevision();
        });
  }

  @Override
  Set<String> keys() {
    Set<String> keys = new TreeSet<>(Set.of(SHARED));
    for (int i = 0; i < WRITERS; i++) {
      keys.add(own(i));
    }
    return keys;
  }

  @Override
  Seen listed(ManagedChannel from) {
    ListResponse response =
        PolicyServiceGrpc.newBlockingStub(from)
            .withDeadlineAfter(CALL_TIMEOUT.toSeconds(), TimeUnit.SECONDS)
            .list(ListRequest.newBuilder().setKind("Service").build());
    Map<String, String> state = new TreeMap<>();
    for (Policy policy : response.getPoliciesList()) {
      state.put(policy.getKey().getName(), port(policy));
    }
    return new Seen(response.getRevision(), state);
  }

  @Override
  Seen stored() {
    Range range = store.range(KEYS).join();
    Map<String, String> state = new TreeMap<>();
    range
        .entries()
        .forEach(
            entry -> {
              try {
                state.put(
                    entry.key().substring(entry.key().lastIndexOf('/') + 1),
                    port(Policy.parseFrom(entry.value())));
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    return new Seen(range.revision(), state);
  }

  private static String port(Policy policy) {
    Matcher found = PORT.matcher(policy.getJson());
    if (!found.find()) {
      throw new IllegalStateException("no port in " + policy.getJson());
    }
    return found.group(1);
  }
}
