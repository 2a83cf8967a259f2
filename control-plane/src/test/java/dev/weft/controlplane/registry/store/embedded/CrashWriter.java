package dev.weft.controlplane.registry.store.embedded;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.store.Txn;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The process that {@link EmbeddedCrashTest} kills: writes on several threads as fast as it is
 * answered, and says what was acknowledged, each in one write to its standard output, right after
 * it was. Each transaction writes one count under two keys, so that half of one would show.
 */
final class CrashWriter {
  static final String OPENING = "opening";
  static final int WRITERS = 4;

  private static final int COMPACT_EVERY = 64;
  private static final int COMPACT_BEHIND = 32;

  private CrashWriter() {}

  /**
   * Arguments: the directory, the number of this run, and how many rounds to write before a clean
   * end (0 for no end).
   */
  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(arguments[0]);
    String run = arguments[1];
    long rounds = Long.parseLong(arguments[2]);
    FileOutputStream out = new FileOutputStream(FileDescriptor.out);
    say(out, OPENING);
    EmbeddedStore store = EmbeddedStore.open(directory);
    Thread[] threads = new Thread[WRITERS];
    for (int writer = 0; writer < WRITERS; writer++) {
      String name = Integer.toString(writer);
      threads[writer] = Thread.ofPlatform().start(() -> write(store, name, run, rounds, out));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    store.close();
  }

  private static void write(
      EmbeddedStore store, String writer, String run, long rounds, FileOutputStream out) {
    try {
      for (long count = 1; rounds == 0 || count <= rounds; count++) {
        ByteString value = ByteString.copyFromUtf8(run + "." + count);
        Txn.Builder txn =
            Txn.builder()
                .put("a/" + writer, value)
                .put("b/" + writer, value)
                .put("c/" + writer + "/" + run, value);
        if (count % 8 == 0) {
          txn.delete("c/" + writer + "/" + (Long.parseLong(run) - 1));
        }
        long revision = store.commit(txn.build()).join().revision();
        say(out, writer + " " + count + " " + revision);
        if (revision % COMPACT_EVERY == 0) {
          store.compact(revision - COMPACT_BEHIND).join();
        }
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void say(FileOutputStream out, String line) throws IOException {
    out.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
  }
}
