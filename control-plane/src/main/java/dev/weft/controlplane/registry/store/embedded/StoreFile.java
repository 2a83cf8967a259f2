package dev.weft.controlplane.registry.store.embedded;

import dev.weft.controlplane.registry.store.StoreFailedException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiPredicate;
import org.h2.mvstore.Cursor;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.h2.mvstore.type.LongDataType;
import org.h2.mvstore.type.StringDataType;

/**
 * The file: all rows of history by (revision, key), the leases, and how far history goes. Changes
 * are made by the journal's thread only, and are neither durable nor atomic before {@link #commit},
 * which makes them both. Rows may be read from any thread that is never interrupted (an interrupt
 * would close the file).
 */
final class StoreFile implements AutoCloseable {
  static final String NAME = "weft.store";

  private static final long FORMAT = 1;
  private static final int CACHE_MB = 8;
  private static final int COMPACT_FILL_PERCENT = 50;
  private static final int COMPACT_WRITE_BYTES = 4 << 20;
  private static final int NO_MOVING_ON_CLOSE = 0;

  private final Path directory;
  private final MVStore store;
  private final MVMap<Row.Key, Row> rows;
  private final MVMap<Long, Long> leases;
  private final MVMap<String, Long> meta;

  private StoreFile(Path directory, MVStore store) {
    this.directory = directory;
    this.store = store;
    // Space may be used again at once: every version is synced before the next begins, and H2 keeps
    // the last few
    // versions whole anyway. (Its own default is to wait for 45 s, because it does not sync.)
    store.setRetentionTime(0);
    rows =
        store.openMap(
            "rows", new MVMap.Builder<Row.Key, Row>().keyType(Row.Key.TYPE).valueType(Row.TYPE));
    leases =
        store.openMap(
            "leases",
            new MVMap.Builder<Long, Long>()
                .keyType(LongDataType.INSTANCE)
                .valueType(LongDataType.INSTANCE));
    meta =
        store.openMap(
            "meta",
            new MVMap.Builder<String, Long>()
                .keyType(StringDataType.INSTANCE)
                .valueType(LongDataType.INSTANCE));
  }

  /**
   * Opens the file of a directory, or makes it.
   *
   * @param fileSystem a prefix that H2 knows as a file system, empty for the usual one
   * @throws StoreFailedException with one line for people
   */
  static StoreFile open(Path directory, String fileSystem) {
    Path file = directory.resolve(NAME);
    if (Files.exists(file) && (!Files.isRegularFile(file) || !Files.isWritable(file))) {
      throw new StoreFailedException(
          "cannot write to " + file + ": it must be a regular file that this user may write to",
          null);
    }
    MVStore opened = null;
    try {
      opened =
          new MVStore.Builder()
              .fileName(fileSystem + file)
              .autoCommitDisabled()
              .autoCommitBufferSize(0)
              .cacheSize(CACHE_MB)
              .open();
      StoreFile result = new StoreFile(directory, opened);
      long format = result.meta.getOrDefault("format", 0L);
      if (format > FORMAT) {
        throw new StoreFailedException(
            file
                + " was written by a newer Weft (format "
                + format
                + ", not "
                + FORMAT
                + "); use that one",
            null);
      }
      if (format == 0) {
        result.meta.put("format", FORMAT);
      }
      return result;
    } catch (StoreFailedException e) {
      discard(opened);
      throw e;
    } catch (RuntimeException e) {
      discard(opened);
      throw new StoreFailedException(explain("cannot open the store in", directory, e), e);
    }
  }

  private static void discard(@org.jspecify.annotations.Nullable MVStore store) {
    if (store != null) {
      store.closeImmediately();
    }
  }

  long revision() {
    return meta.getOrDefault("revision", 0L);
  }

  long compacted() {
    return meta.getOrDefault("compacted", 0L);
  }

  Map<Long, Long> leaseTtlNanos() {
    return Map.copyOf(leases);
  }

  void put(Row.Key key, Row row) {
    rows.put(key, row);
  }

  void revision(long revision) {
    meta.put("revision", revision);
  }

  void putLease(long id, long ttlNanos) {
    leases.put(id, ttlNanos);
  }

  void removeLease(long id) {
    leases.remove(id);
  }

  /**
   * Visits rows in order, as they were when this began.
   *
   * @param from the first revision
   * @param to the last revision
   * @param visitor returns whether to go on
   * @throws RuntimeException if the file is closed or cannot be read
   */
  void scan(long from, long to, BiPredicate<Row.Key, Row> visitor) {
    MVStore.TxCounter usage = store.registerVersionUsage();
    try {
      Cursor<Row.Key, Row> cursor =
          rows.cursor(new Row.Key(from, ""), new Row.Key(to + 1, ""), false);
      while (cursor.hasNext()) {
        Row.Key key = cursor.next();
        if (key.revision() > to || !visitor.test(key, cursor.getValue())) {
          return;
        }
      }
    } finally {
      store.deregisterVersionUsage(usage);
    }
  }

  /**
   * Removes the rows that nobody can ask for any more.
   *
   * @param logical up to where history is forgotten
   * @param physical up to where rows may go now: at most {@code logical}, less while a watch still
   *     reads
   */
  void compact(long logical, long physical) {
    Map<String, Row.Key> newest = new HashMap<>();
    scan(
        1,
        physical,
        (key, row) -> {
          Row.Key superseded =
              row.deleted() ? newest.remove(key.key()) : newest.put(key.key(), key);
          if (superseded != null) {
            rows.remove(superseded);
          }
          if (row.deleted()) {
            rows.remove(key);
          }
          return true;
        });
    meta.put("compacted", logical);
  }

  /** Gives space back that compaction freed. */
  void reclaim() {
    store.compact(COMPACT_FILL_PERCENT, COMPACT_WRITE_BYTES);
  }

  /**
   * Makes all changes durable, at once.
   *
   * @throws StoreFailedException if the disk refuses; the file must then be opened anew
   */
  void commit() {
    try {
      store.commit();
      store.sync();
    } catch (RuntimeException e) {
      throw new StoreFailedException(explain("cannot write to", directory, e), e);
    }
  }

  /** Leaves the file as it is after a failure: what was not committed is gone. */
  void abandon() {
    store.closeImmediately();
  }

  @Override
  public void close() {
    store.close(NO_MOVING_ON_CLOSE);
  }

  /** One line for people: what failed, where, why, and what to do. */
  static String explain(String what, Path where, Throwable failure) {
    String head = what + " " + where + ": ";
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof MVStoreException e) {
        switch (e.getErrorCode()) {
          case DataUtils.ERROR_FILE_CORRUPT,
              DataUtils.ERROR_CHUNK_NOT_FOUND,
              DataUtils.ERROR_BLOCK_NOT_FOUND -> {
            return head
                + "the file "
                + NAME
                + " is damaged; restore it from a backup, or move it away to begin with an empty store";
          }
          case DataUtils.ERROR_UNSUPPORTED_FORMAT -> {
            return head
                + "the file "
                + NAME
                + " was written by another version, or is no store; move it away";
          }
          case DataUtils.ERROR_FILE_LOCKED -> {
            return head + "the file " + NAME + " is locked by another process; stop it";
          }
          default -> {
            // The cause says more.
          }
        }
      }
      if (t instanceof AccessDeniedException) {
        return head + "permission denied; give this user the right to read and write there";
      }
      if (t instanceof FileAlreadyExistsException || t instanceof NotDirectoryException) {
        return head + "it is not a directory; choose another data directory";
      }
      if (t instanceof NoSuchFileException) {
        return head + "no such directory";
      }
      if (t instanceof IOException && t.getMessage() != null) {
        String reason = t.getMessage();
        return head + reason + (reason.contains("No space left") ? "; free some space" : "");
      }
    }
    return head + failure.getMessage();
  }
}
