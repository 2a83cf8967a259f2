package dev.weft.controlplane.limit;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * Every limit that the control plane sets to those who call it: sidecars, registrants, watchers,
 * programs. Code that holds one takes the number from here and counts in {@link PeerLimits} when it
 * is reached; a test holds this table and {@code docs/guides/limits.md} together.
 *
 * <p>Sizes are in bytes, times in nanoseconds, rates per second.
 */
public enum PeerLimit {
  // Connections and calls.
  CONNECTIONS(Unit.COUNT, 20_000, "RESOURCE_EXHAUSTED"),
  CONNECTION_SETUP(Unit.TIME, seconds(10), "closed"),
  CONNECTION_SILENCE(Unit.TIME, seconds(14), "closed"),
  CONNECTION_UNACKED(Unit.TIME, seconds(3), "closed"),
  CONNECTION_IDLE(Unit.TIME, seconds(300), "GOAWAY"),
  CONNECTION_CALLS(Unit.COUNT, 1_000, "the caller waits"),
  CONNECTION_PINGS(Unit.TIME, seconds(5), "GOAWAY, ENHANCE_YOUR_CALM"),
  CONNECTION_RESETS(Unit.RATE, 100, "GOAWAY, ENHANCE_YOUR_CALM"),
  CALLS(Unit.RATE, 1_000, "RESOURCE_EXHAUSTED"),
  UNREAD_ANSWERS(Unit.BYTES, 32 << 20, "RESOURCE_EXHAUSTED"),
  METADATA(Unit.BYTES, 8 << 10, "the stream is reset"),
  MESSAGE(Unit.BYTES, 16 << 20, "RESOURCE_EXHAUSTED"),
  REGISTRY_MESSAGE(Unit.BYTES, 128 << 10, "RESOURCE_EXHAUSTED"),
  MALFORMED(Unit.NONE, 0, "INVALID_ARGUMENT"),

  // Streams of sidecars.
  STREAMS(Unit.COUNT, 20_000, "RESOURCE_EXHAUSTED"),
  STREAM_BEGIN(Unit.TIME, seconds(30), "DEADLINE_EXCEEDED"),
  NODE_FACTS(Unit.BYTES, 16 << 10, "INVALID_ARGUMENT"),
  NODE_STREAMS(Unit.COUNT, 20, "RESOURCE_EXHAUSTED"),
  NODE_TAKEOVERS(Unit.COUNT, 5, "ALREADY_EXISTS"),
  NAMES(Unit.COUNT, 10_000, "RESOURCE_EXHAUSTED"),
  NAMES_TOTAL(Unit.COUNT, 0, "RESOURCE_EXHAUSTED of the greediest"),
  NAME_LENGTH(Unit.COUNT, 512, "ignored"),
  HINTS(Unit.COUNT, 5_000, "hints get old"),
  HELD(Unit.COUNT, 100_000, "RESOURCE_EXHAUSTED"),
  RESPONSE(Unit.BYTES, 1 << 20, "the rest follows"),
  REMOVALS(Unit.COUNT, 5_000, "the rest follows"),
  LATE(Unit.TIME, seconds(5), "named"),
  ANSWER_TIME(Unit.TIME, seconds(30), "DEADLINE_EXCEEDED"),
  READ_TIME(Unit.TIME, seconds(120), "reset"),
  UNREAD(Unit.BYTES, 64 << 20, "reset of who has not read for longest"),
  REFUSALS(Unit.COUNT, 10, "the next response waits"),
  REFUSAL_TEXT(Unit.COUNT, 1_024, "cut"),
  ENGINE_SHARE(Unit.PERCENT, 5, "the request waits in a slow lane"),

  // Registrants.
  REGISTRATIONS(Unit.RATE, 500, "RESOURCE_EXHAUSTED"),
  INSTANCES(Unit.COUNT, 100_000, "RESOURCE_EXHAUSTED"),
  INSTANCES_OF_ONE(Unit.COUNT, 10_000, "RESOURCE_EXHAUSTED"),
  INSTANCE(Unit.BYTES, 32 << 10, "INVALID_ARGUMENT"),
  SESSION_WRITES(Unit.RATE, 50, "what changes meanwhile is written together"),
  HEARTBEATS(Unit.RATE, 10, "read later"),

  // Those who watch and wait.
  WATCHERS(Unit.COUNT, 1_000, "RESOURCE_EXHAUSTED"),
  SYNC_WAITERS(Unit.COUNT, 1_000, "RESOURCE_EXHAUSTED"),
  WATCH_EVENTS(Unit.COUNT, 10_000, "RESOURCE_EXHAUSTED"),

  // What is remembered of all that.
  TROUBLES(Unit.COUNT, 1_000, "the oldest is forgotten"),
  TROUBLES_EXPORTED(Unit.COUNT, 20, "only in proxy-status"),
  TROUBLE_TIME(Unit.TIME, seconds(600), "forgotten");

  /** Those that gRPC keeps for us and does not tell of, and those whose reaching harms nobody. */
  private static final Set<PeerLimit> NOT_COUNTED =
      EnumSet.of(
          CONNECTION_SETUP,
          CONNECTION_SILENCE,
          CONNECTION_UNACKED,
          CONNECTION_IDLE,
          CONNECTION_CALLS,
          CONNECTION_PINGS,
          CONNECTION_RESETS,
          METADATA,
          HINTS,
          RESPONSE,
          REMOVALS,
          REFUSAL_TEXT,
          SESSION_WRITES,
          TROUBLES,
          TROUBLES_EXPORTED,
          TROUBLE_TIME);

  private final Unit unit;
  private final long value;
  private final String answer;

  PeerLimit(Unit unit, long value, String answer) {
    this.unit = unit;
    this.value = value;
    this.answer = answer;
  }

  /** As guide, metrics and messages call it, e.g. {@code read-time}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Where it lies; 0: derived, or there is no number. */
  public long value() {
    return value;
  }

  public int intValue() {
    return Math.toIntExact(value);
  }

  /** Of a time. */
  public Duration time() {
    return Duration.ofNanos(value);
  }

  /** What happens when it is reached, in a few words. */
  public String answer() {
    return answer;
  }

  /** Whether metrics say how often it was reached. */
  public boolean counted() {
    return !NOT_COUNTED.contains(this);
  }

  /** The number, for people. */
  public String text() {
    return value == 0 && unit != Unit.NONE ? "derived" : unit.text(value);
  }

  private enum Unit {
    NONE {
      @Override
      String text(long amount) {
        return "none";
      }
    },
    COUNT {
      @Override
      String text(long amount) {
        return Long.toString(amount);
      }
    },
    RATE {
      @Override
      String text(long amount) {
        return amount + "/s";
      }
    },
    PERCENT {
      @Override
      String text(long amount) {
        return amount + "%";
      }
    },
    BYTES {
      @Override
      String text(long amount) {
        return amount % (1 << 20) == 0 ? (amount >> 20) + " MiB" : (amount >> 10) + " KiB";
      }
    },
    TIME {
      @Override
      String text(long amount) {
        return amount / 1_000_000_000L + " s";
      }
    };

    abstract String text(long amount);
  }

  private static long seconds(int count) {
    return Duration.ofSeconds(count).toNanos();
  }
}
