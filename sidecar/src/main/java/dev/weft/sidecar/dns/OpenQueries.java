package dev.weft.sidecar.dns;

import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What one asker waits for: queries by their id, the oldest first. Ends each of them once. Control
 * loop only.
 */
final class OpenQueries {
  private static final long TIME_NANOS = Bound.DNS_TIME.value();

  private final DnsServer server;
  private final SequencedMap<Integer, Asked> all = new LinkedHashMap<>();

  OpenQueries(DnsServer server) {
    this.server = server;
  }

  /**
   * Adds one; the same id again is the same query again. What is too old is forgotten here, too: an
   * asker that is never quiet would keep it for good.
   */
  void add(Asked asked) {
    Asked before = all.remove(asked.id());
    if (before != null) {
      server.end(before.query());
    }
    all.put(asked.id(), asked);
    while (asked.sinceNanos() - all.firstEntry().getValue().sinceNanos() > TIME_NANOS) {
      server.reached(Bound.DNS_TIME);
      server.end(all.pollFirstEntry().getValue().query());
    }
  }

  // The very same: the bytes of what is no more in here are released.
  @SuppressWarnings("ReferenceEquality")
  boolean has(Asked asked) {
    return all.get(asked.id()) == asked;
  }

  /** Takes out what a message answers, which the caller ends; null: none of these. */
  @Nullable Asked answeredBy(ByteBuf message) {
    return DnsAnswer.isResponse(message) ? all.remove(Asked.id(message)) : null;
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  void forEach(Consumer<ByteBuf> query) {
    all.values().forEach(asked -> query.accept(asked.query()));
  }

  void endAll() {
    while (!all.isEmpty()) {
      server.end(all.pollFirstEntry().getValue().query());
    }
  }
}
