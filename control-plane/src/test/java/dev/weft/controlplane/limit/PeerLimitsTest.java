package dev.weft.controlplane.limit;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The table in the code, the guide and the metrics say the same; what is remembered is bounded. */
class PeerLimitsTest {
  private static final Path MAIN = Path.of("src", "main", "java", "dev", "weft", "controlplane");

  /** Where callers are held to limits. */
  private static final List<String> PACKAGES = List.of("discovery", "limit", "api", "app");

  private static final Pattern STATUS = Pattern.compile("[A-Z]{2,}(_[A-Z]+)*");

  private static final Pattern CONSTANT =
      Pattern.compile(
          "static final (?:int|long|double) (\\w*(?:MAX|MOST|LIMIT|TIMEOUT|PATIENCE|KEPT)\\w*)"
              + " =\\s+-?[0-9]");

  /** What holds no caller, or is said by the message that refuses it. */
  private static final List<String> NO_LIMITS =
      List.of(
          "KEPT",
          "MAX_AWAIT_MILLIS",
          "MAX_ID",
          "MAX_INCARNATION",
          "MAX_REASON",
          "MAX_RETRY_MILLIS",
          "MAX_WARNINGS");

  private final AtomicLong millis = new AtomicLong(1_000_000);
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final PeerLimits limits = new PeerLimits(meters, millis::get);

  @Test
  void theGuideHasARowForEveryLimitWithItsDefault() throws IOException {
    Map<String, String> guide = new LinkedHashMap<>();
    Map<String, String> answers = new LinkedHashMap<>();
    for (String line : Files.readAllLines(Path.of("..", "docs", "guides", "limits.md"))) {
      String[] cells = line.split("\\|", -1);
      if (cells.length == 6 && line.startsWith("| peer-")) {
        String name = cells[1].strip().substring("peer-".length());
        assertThat(guide.put(name, cells[3].strip())).as("two rows of " + name).isNull();
        assertThat(cells[2]).as(name).isNotBlank();
        assertThat(cells[4]).as(name).isNotBlank();
        answers.put(name, cells[4]);
      }
    }
    Map<String, String> table = new LinkedHashMap<>();
    Arrays.stream(PeerLimit.values()).forEach(one -> table.put(one.label(), one.text()));
    assertThat(guide).containsExactlyInAnyOrderEntriesOf(table);
    for (PeerLimit limit : PeerLimit.values()) {
      assertThat(answers.getOrDefault(limit.label(), "").contains("(not counted)"))
          .as(limit.label())
          .isNotEqualTo(limit.counted());
      Matcher status = STATUS.matcher(limit.answer());
      while (status.find()) {
        assertThat(answers.get(limit.label())).as(limit.label()).contains(status.group());
      }
    }
  }

  @Test
  void noLimitInTheCodeIsMissingInTheTable() throws IOException {
    var missing = new ArrayList<String>();
    for (String each : PACKAGES) {
      try (Stream<Path> all = Files.walk(MAIN.resolve(each))) {
        for (Path file : all.filter(one -> one.toString().endsWith(".java")).toList()) {
          Matcher found = CONSTANT.matcher(Files.readString(file));
          while (found.find()) {
            if (!NO_LIMITS.contains(found.group(1))) {
              missing.add(file.getFileName() + " " + found.group(1));
            }
          }
        }
      }
    }
    assertThat(missing).as("take these from PeerLimit, and add a row to the guide").isEmpty();
  }

  @Test
  void everyLimitThatIsCountedIsSoFromTheStart() {
    assertThat(meters.get("weft.peer.limit.reached").counters())
        .allMatch(counter -> counter.count() == 0)
        .extracting(counter -> counter.getId().getTag("limit"))
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(PeerLimit.values())
                .filter(PeerLimit::counted)
                .map(PeerLimit::label)
                .toList());
  }

  @Test
  void aTroubleIsCountedShownAndForgotten() {
    limits.reached(PeerLimit.NAMES, "shop/greedy", "10.0.0.7:4711", "wants it all");
    millis.addAndGet(60_000);
    limits.goesOn(PeerLimit.NAMES, "shop/greedy", "10.0.0.7:4712", "still wants it all");
    limits.reached(PeerLimit.NAMES, "shop/greedy", "10.0.0.7:4712", "wants it all again");

    assertThat(limits.recent())
        .containsExactly(
            new Trouble(
                "shop/greedy",
                "10.0.0.7:4712",
                PeerLimit.NAMES,
                "wants it all again",
                2,
                1_000_000,
                1_060_000));
    assertThat(meters.get("weft.peer.limit.reached").tag("limit", "names").counter().count())
        .isEqualTo(2);
    assertThat(meters.get("weft.peer.trouble").gauge().value()).isEqualTo(1);

    millis.addAndGet(Duration.ofMinutes(11).toMillis());
    limits.tick();
    assertThat(limits.recent()).isEmpty();
    assertThat(meters.find("weft.peer.trouble").gauge()).isNull();
  }

  @Test
  void howeverManyThereAreWhatIsRememberedIsBounded() {
    for (int i = 0; i < 5_000; i++) {
      limits.reached(PeerLimit.CALLS, "10.0." + i / 250 + "." + i % 250, "", "calls");
    }
    assertThat(limits.recent()).hasSize(PeerLimit.TROUBLES.intValue());
    assertThat(meters.find("weft.peer.trouble").gauges())
        .hasSizeLessThanOrEqualTo(PeerLimit.TROUBLES_EXPORTED.intValue());
    assertThat(limits.recent()).extracting(Trouble::peer).contains("10.0.19.249");
  }

  @Test
  void whatACallerSaidIsCutAndHarmsNoTerminal() {
    limits.reached(PeerLimit.MALFORMED, "a\nb", "\u001b[2J", "x".repeat(100_000));

    Trouble trouble = limits.recent().getFirst();
    assertThat(trouble.peer()).isEqualTo("a?b");
    assertThat(trouble.address()).isEqualTo("?[2J");
    assertThat(trouble.message()).hasSizeLessThan(2_010);
  }

  @Test
  void aRateIsEachHostsOwn() {
    var rates = new HostRates(PeerLimit.REGISTRATIONS);
    long allowed = PeerLimit.REGISTRATIONS.value() * 10;
    for (long i = 0; i < allowed; i++) {
      assertThat(rates.take("10.0.0.7", 0)).isTrue();
    }
    assertThat(rates.take("10.0.0.7", 0)).isFalse();
    assertThat(rates.take("10.0.0.8", 0)).isTrue();
    long second = Duration.ofSeconds(1).toNanos();
    for (long i = 0; i < PeerLimit.REGISTRATIONS.value(); i++) {
      assertThat(rates.take("10.0.0.7", second)).isTrue();
    }
    assertThat(rates.take("10.0.0.7", second)).isFalse();
  }

  @Test
  void anAllowanceComesBackWithTime() {
    var allowance = new Allowance(2, 0.5, 0);
    assertThat(allowance.take(0)).isTrue();
    assertThat(allowance.take(0)).isTrue();
    assertThat(allowance.take(0)).isFalse();
    assertThat(allowance.nanosUntilNext(0)).isEqualTo(Duration.ofSeconds(2).toNanos());
    assertThat(allowance.take(Duration.ofSeconds(2).toNanos())).isTrue();
    allowance.spend(100, Duration.ofSeconds(2).toNanos());
    assertThat(allowance.left(Duration.ofSeconds(2).toNanos())).isEqualTo(-2);
  }
}
