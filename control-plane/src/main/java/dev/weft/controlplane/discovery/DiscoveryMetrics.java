package dev.weft.controlplane.discovery;

import dev.weft.controlplane.compile.CompileCounts;
import dev.weft.controlplane.snapshot.ResourceTable;
import dev.weft.proto.discovery.v1.ResourceKind;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/** What the engine counts. Written by the engine thread, read by any. */
final class DiscoveryMetrics {
  private final AtomicLong streams = new AtomicLong();
  private final AtomicLong subscriptions = new AtomicLong();
  private final AtomicLong wanted = new AtomicLong();
  private final AtomicLong invalid = new AtomicLong();
  private final AtomicLong revision = new AtomicLong();
  private final AtomicLong unread = new AtomicLong();
  private final Counter responses;
  private final Counter responseBytes;
  private final Counter sent;
  private final Counter resumed;
  private final Counter fullResyncs;
  private final Counter rejections;
  private final Counter refusedSubscriptions;
  private final Timer push;

  DiscoveryMetrics(MeterRegistry meters, CompileCounts compiled, ResourceTable table) {
    gauge(meters, "weft.discovery.streams", "Connected sidecars", streams);
    gauge(
        meters, "weft.discovery.subscriptions", "Names subscribed to, all streams", subscriptions);
    gauge(meters, "weft.discovery.resources", "Different resources that are wanted", wanted);
    gauge(meters, "weft.discovery.invalid.resources", "Not sent because invalid", invalid);
    gauge(meters, "weft.discovery.revision", "Newest compiled revision of the store", revision);
    Gauge.builder("weft.discovery.unread", unread, AtomicLong::get)
        .baseUnit("bytes")
        .description("Of responses that sidecars have not read, in memory")
        .register(meters);
    responses = counter(meters, "weft.discovery.responses", "Responses sent");
    responseBytes = counter(meters, "weft.discovery.response.bytes", "Their bytes");
    sent = counter(meters, "weft.discovery.resources.sent", "Resources sent");
    resumed =
        counter(meters, "weft.discovery.resources.resumed", "Resources held already on connect");
    fullResyncs =
        counter(
            meters,
            "weft.discovery.full.resyncs",
            "Streams that brought what they held, of which nothing could be resumed");
    rejections = counter(meters, "weft.discovery.rejections", "Responses refused by a sidecar");
    refusedSubscriptions =
        counter(meters, "weft.discovery.invalid.subscriptions", "Malformed names, ignored");
    push =
        Timer.builder("weft.discovery.push")
            .description("From a change of the registry to its acknowledgement by a sidecar")
            .serviceLevelObjectives(
                Duration.ofMillis(1),
                Duration.ofMillis(2),
                Duration.ofMillis(5),
                Duration.ofMillis(10),
                Duration.ofMillis(25),
                Duration.ofMillis(50),
                Duration.ofMillis(100),
                Duration.ofMillis(250),
                Duration.ofSeconds(1),
                Duration.ofSeconds(5))
            .register(meters);
    for (ResourceKind kind :
        new ResourceKind[] {
          ResourceKind.VIRTUAL_HOST,
          ResourceKind.CLUSTER,
          ResourceKind.ENDPOINT_SLICE,
          ResourceKind.INBOUND,
          ResourceKind.NODE,
          ResourceKind.APP_CONFIG
        }) {
      FunctionCounter.builder("weft.discovery.compiled", compiled, counts -> counts.of(kind))
          .description("Resources compiled")
          .tag("kind", kind.name().toLowerCase(Locale.ROOT))
          .register(meters);
    }
    FunctionCounter.builder("weft.discovery.encoded", table, ResourceTable::encodings)
        .description("Resources encoded")
        .register(meters);
  }

  private static void gauge(
      MeterRegistry meters, String name, String description, AtomicLong value) {
    Gauge.builder(name, value, AtomicLong::get).description(description).register(meters);
  }

  private static Counter counter(MeterRegistry meters, String name, String description) {
    return Counter.builder(name).description(description).register(meters);
  }

  void streams(int count) {
    streams.set(count);
  }

  /** Connected sidecars. */
  int streams() {
    return streams.intValue();
  }

  void subscriptions(int difference) {
    subscriptions.addAndGet(difference);
  }

  /** Names subscribed to, all streams. */
  long subscriptions() {
    return subscriptions.get();
  }

  void unread(long bytes) {
    unread.set(bytes);
  }

  void state(int wantedResources, int invalidResources, long compiledRevision) {
    wanted.set(wantedResources);
    invalid.set(invalidResources);
    revision.set(compiledRevision);
  }

  void sent(Outstanding response, int bytes) {
    responses.increment();
    responseBytes.increment(bytes);
    sent.increment(response.resources().size());
  }

  void resumed(long count) {
    resumed.increment((double) count);
  }

  void fullResync() {
    fullResyncs.increment();
  }

  void rejected() {
    rejections.increment();
  }

  void invalidSubscription() {
    refusedSubscriptions.increment();
  }

  void pushed(long nanos) {
    push.record(Duration.ofNanos(nanos));
  }
}
