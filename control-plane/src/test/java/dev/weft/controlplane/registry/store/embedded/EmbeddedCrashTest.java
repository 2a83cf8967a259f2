package dev.weft.controlplane.registry.store.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.weft.controlplane.registry.store.CompactedException;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.registry.store.Recorder;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.WatchBatch;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a process that writes, at any moment, again and again: what it was told to be durable is.
 */
class EmbeddedCrashTest {
  private static final int KILLS = 200;
  private static final int MOST_LINES = 120;

  @TempDir Path directory = Path.of("");

  @Test
  void everythingAcknowledgedSurvivesTwoHundredKills() throws Exception {
    Path data = directory.resolve("data");
    Path archive = directory.resolve("writer.jsa");
    // Ends by itself, and leaves an archive of its classes so that the others start quickly.
    run(0, List.of("-XX:ArchiveClassesAtExit=" + archive), 8, Integer.MAX_VALUE);
    Random random = new Random(20261121);
    long verified = verify(data, 0, 0, Map.of());
    int acknowledged = 0;
    for (int kill = 1; kill <= KILLS; kill++) {
      // A few die while they open the store and mend what the one before left.
      int lines = kill % 10 == 0 ? 1 : 1 + random.nextInt(MOST_LINES);
      Map<String, long[]> told = run(kill, List.of("-XX:SharedArchiveFile=" + archive), 0, lines);
      acknowledged += told.size();
      verified = verify(data, kill, verified, told);
    }
    assertThat(acknowledged).isGreaterThan(KILLS);
  }

  /**
   * Runs a writer and kills it after some lines; returns the last count and revision of each of its
   * threads.
   */
  private Map<String, long[]> run(int number, List<String> options, int rounds, int killAfterLines)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(
        List.of(
            "-Xshare:auto",
            "-Xlog:disable",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx64m",
            "-XX:-UsePerfData"));
    command.addAll(options);
    command.addAll(List.of("-cp", classPath(), CrashWriter.class.getName()));
    command.addAll(List.of(directory.resolve("data").toString(), "" + number, "" + rounds));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    Map<String, long[]> told = new HashMap<>();
    try (BufferedReader out = process.inputReader(StandardCharsets.US_ASCII)) {
      int lines = 0;
      String line;
      while ((line = out.readLine()) != null) {
        if (++lines == killAfterLines) {
          // SIGKILL; what it had written to the pipe before is still read.
          process.toHandle().destroyForcibly();
        }
        String[] words = line.split(" ");
        if (words.length == 3) {
          told.put(words[0], new long[] {Long.parseLong(words[1]), Long.parseLong(words[2])});
        }
      }
      assertThat(lines).describedAs("lines of run " + number).isPositive();
    }
    int status = process.waitFor();
    assertThat(status).describedAs("status of run " + number).isEqualTo(rounds > 0 ? 0 : 137);
    return told;
  }

  /** The writer and the store in one jar: class data sharing takes no directories. */
  private String classPath() throws IOException {
    Path jar = directory.resolve("writer.jar");
    if (Files.notExists(jar)) {
      try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
        for (Class<?> type : List.of(CrashWriter.class, EmbeddedStore.class)) {
          add(out, location(type));
        }
      }
    }
    return Stream.concat(Stream.of(jar), Stream.of(location(Message.class)))
        .map(Path::toString)
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static void add(JarOutputStream out, Path classes) throws IOException {
    try (Stream<Path> files = Files.walk(classes.resolve("dev/weft/controlplane/registry/store"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = classes.relativize(file).toString().replace(File.separatorChar, '/');
        if (!name.endsWith("package-info.class")) {
          out.putNextEntry(new JarEntry(name));
          Files.copy(file, out);
        }
      }
    }
  }

  private static Path location(Class<?> type) {
    return Path.of(URI.create(type.getProtectionDomain().getCodeSource().getLocation().toString()));
  }

  /** Opens what was left, and checks it; returns the revision up to which history was looked at. */
  private static long verify(Path data, int run, long verified, Map<String, long[]> told) {
    try (EmbeddedStore store = EmbeddedStore.open(data)) {
      List<Entry> entries = store.range("").join().entries();
      Map<String, Entry> byKey =
          entries.stream().collect(Collectors.toMap(Entry::key, entry -> entry));
      long newest = store.range("").join().revision();
      told.forEach(
          (writer, last) -> {
            Entry a = entry(byKey, "a/" + writer);
            assertThat(a.value().toStringUtf8()).startsWith(run + ".");
            assertThat(count(a))
                .describedAs("run %s writer %s", run, writer)
                .isGreaterThanOrEqualTo(last[0]);
            assertThat(a.modRevision()).isGreaterThanOrEqualTo(last[1]);
            // At most one transaction more than was acknowledged was under way.
            assertThat(count(a)).isLessThanOrEqualTo(last[0] + 1);
          });
      for (int writer = 0; writer < CrashWriter.WRITERS; writer++) {
        Entry a = entry(byKey, "a/" + writer);
        Entry b = entry(byKey, "b/" + writer);
        assertThat(a.value()).describedAs("both halves of run %s", run).isEqualTo(b.value());
        assertThat(a.modRevision()).isEqualTo(b.modRevision()).isLessThanOrEqualTo(newest);
      }
      return verifyHistory(store, entries, verified, newest);
    }
  }

  private static long verifyHistory(
      EmbeddedStore store, List<Entry> entries, long verified, long newest) {
    long from = Math.max(verified, compacted(store)) + 1;
    long marker =
        store.commit(Txn.builder().put("marker", ByteString.EMPTY).build()).join().revision();
    assertThat(marker).isEqualTo(newest + 1);
    Recorder recorder = Recorder.from(store.rangeAt("", from - 1).join());
    try (var watch = store.watch("", from, recorder)) {
      recorder.awaitRevision(marker);
    }
    assertThat(recorder.batches().stream().map(WatchBatch::revision))
        .containsExactlyElementsOf(LongStream.rangeClosed(from, marker).boxed().toList());
    assertThat(recorder.held().stream().filter(entry -> !entry.key().equals("marker")))
        .containsExactlyElementsOf(
            entries.stream().filter(entry -> !entry.key().equals("marker")).toList());
    return marker;
  }

  private static long compacted(EmbeddedStore store) {
    try {
      store.rangeAt("", 1).join();
      return 1;
    } catch (java.util.concurrent.CompletionException e) {
      return e.getCause() instanceof CompactedException compacted
          ? compacted.compactedRevision()
          : 1;
    }
  }

  private static Entry entry(Map<String, Entry> entries, String key) {
    Entry entry = entries.get(key);
    assertThat(entry).describedAs(key).isNotNull();
    return java.util.Objects.requireNonNull(entry);
  }

  private static long count(Entry entry) {
    String value = entry.value().toStringUtf8();
    return Long.parseLong(value.substring(value.indexOf('.') + 1));
  }
}
