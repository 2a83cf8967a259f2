package dev.weft.testkit.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.testkit.history.Event.Moment;
import dev.weft.testkit.history.Event.Read;
import dev.weft.testkit.history.Event.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The checker finds what was planted, and nothing where nothing is wrong. */
class HistoryCheckerTest {
  private final List<Event> events = new ArrayList<>();

  @Test
  void aHistoryInOrderIsClean() {
    write("a", "1", 5, 10, 20);
    read("s", true, 5, Map.of("a", "1"), 30, 40);
    write("a", "2", 6, 41, 50);
    read("s", false, 5, Map.of("a", "1"), 60, 70);
    read("s", true, 6, Map.of("a", "2"), 80, 90);
    write("a", null, 7, 91, 95);
    read("s", true, 8, Map.of(), 96, 99);

    assertThat(violations()).isEmpty();
  }

  @Test
  void anAcknowledgedWriteThatIsNotThereIsFound() {
    write("a", "1", 5, 10, 20);
    write("a", "2", 6, 30, 40);
    read("s", true, 9, Map.of("a", "1"), 50, 60);

    assertThat(violations())
        .containsExactly(
            "a lost write: the read of s at revision 9 shows a=1, after the write a=2 at revision"
                + " 6");
  }

  @Test
  void anAcknowledgedWriteThatVanishesIsFound() {
    write("a", "1", 5, 10, 20);
    read("s", true, 9, Map.of(), 50, 60);

    assertThat(violations()).singleElement().asString().startsWith("a lost write: ");
  }

  @Test
  void anAcknowledgedDeletionThatComesBackIsFound() {
    write("a", "1", 5, 10, 20);
    write("a", null, 6, 30, 40);
    read("s", false, 9, Map.of("a", "1"), 50, 60);

    assertThat(violations()).singleElement().asString().startsWith("a lost write: ");
  }

  @Test
  void aWriteThatIsLostOverTheStoresBeingSetBackIsFound() {
    write("a", "1", 5, 10, 20);
    write("a", "2", 90, 30, 40);
    events.add(new Read("s", true, new Moment(1, 7), Map.of("a", "1"), 50, 60));

    assertThat(violations())
        .containsExactly(
            "a lost write: the read of s at revision 7 of era 1 shows a=1, after the write a=2 at"
                + " revision 90");
  }

  @Test
  void aStaleReadIsFoundOnlyWhereRecentOnesArePromised() {
    write("a", "1", 5, 10, 20);
    write("a", "2", 6, 30, 40);
    read("view", false, 5, Map.of("a", "1"), 50, 60);
    assertThat(violations()).isEmpty();

    read("store", true, 5, Map.of("a", "1"), 50, 60);
    assertThat(violations())
        .containsExactly(
            "a stale read: the read of store at revision 5 began when the write a=2 at revision 6"
                + " had been acknowledged");
  }

  @Test
  void aReadBesideAWriteMaySeeItOrNot() {
    write("a", "1", 5, 10, 20);
    write("a", "2", 6, 30, 60);
    read("s", true, 5, Map.of("a", "1"), 40, 50);
    read("t", true, 6, Map.of("a", "2"), 40, 50);

    assertThat(violations()).isEmpty();
  }

  @Test
  void aSessionThatGoesBackIsFound() {
    write("a", "1", 5, 10, 20);
    write("a", "2", 6, 30, 40);
    read("s", false, 6, Map.of("a", "2"), 50, 60);
    read("other", false, 5, Map.of("a", "1"), 61, 69);
    read("s", false, 5, Map.of("a", "1"), 70, 80);

    assertThat(violations()).containsExactly("a session that goes back: s read revision 6, then 5");
  }

  @Test
  void aValueThatNobodyWroteIsFound() {
    read("s", false, 6, Map.of("a", "2"), 50, 60);

    assertThat(violations())
        .containsExactly("a word from nowhere: the read of s at revision 6 shows a=2");
  }

  @Test
  void aValueBeforeItWasWrittenIsFound() {
    unknown("a", "2", 70, 90);
    read("s", false, 6, Map.of("a", "2"), 50, 60);

    assertThat(violations()).singleElement().asString().startsWith("a word from nowhere: ");
  }

  @Test
  void aWriteWithoutAnAnswerMayHaveHappenedOrNot() {
    write("a", "1", 5, 10, 20);
    unknown("a", "2", 30, 40);
    read("s", true, 5, Map.of("a", "1"), 50, 60);
    read("s", true, 6, Map.of("a", "2"), 70, 80);

    assertThat(violations()).isEmpty();
  }

  @Test
  void twoWritesOfOneRevisionAreFound() {
    write("a", "1", 5, 10, 20);
    write("a", "2", 5, 12, 22);

    assertThat(violations()).singleElement().asString().startsWith("two histories: ");
  }

  @Test
  void aWriteWithARevisionOfThePastIsFound() {
    write("a", "1", 9, 10, 20);
    write("b", "1", 5, 30, 40);

    assertThat(violations()).singleElement().asString().startsWith("two histories: ");
  }

  @Test
  void twoReadsOfOneRevisionThatDifferAreFound() {
    unknown("a", "1", 1, 90);
    read("s", false, 6, Map.of("a", "1"), 50, 60);
    read("t", false, 6, Map.of(), 50, 60);

    assertThat(violations()).containsExactly("two histories: a@6 was read as 1 and as null");
  }

  /** A store that is right is never blamed, whatever the order; one lost write is always found. */
  @Test
  void randomHistoriesAreCleanUntilAWriteIsTakenOut() {
    for (int seed = 0; seed < 200; seed++) {
      events.clear();
      Random random = new Random(seed);
      TreeMap<String, String> store = new TreeMap<>();
      Write lost = null;
      for (int step = 1; step <= 60; step++) {
        long time = step * 100L;
        if (random.nextBoolean()) {
          String key = "k" + random.nextInt(3);
          String value = "v" + step;
          store.put(key, value);
          lost = write(key, value, step, time, time + random.nextInt(90));
        } else {
          read("s" + random.nextInt(2), true, step - 1, store, time, time + random.nextInt(90));
        }
      }
      assertThat(violations()).as("seed %s", seed).isEmpty();
      store.remove(Objects.requireNonNull(lost).key());
      read("last", true, 61, store, 10_000, 10_001);
      assertThat(violations())
          .as("seed %s", seed)
          .singleElement()
          .asString()
          .startsWith("a lost write: the read of last");
    }
  }

  private Write write(String key, @Nullable String value, long revision, long from, long to) {
    Write write = new Write(key, value, new Moment(0, revision), from, to);
    events.add(write);
    return write;
  }

  private void unknown(String key, String value, long from, long to) {
    events.add(new Write(key, value, null, from, to));
  }

  private void read(
      String session,
      boolean recent,
      long revision,
      Map<String, String> state,
      long from,
      long to) {
    events.add(new Read(session, recent, new Moment(0, revision), state, from, to));
  }

  private List<String> violations() {
    return HistoryChecker.check(events);
  }
}
