package dev.weft.testkit;

import java.nio.file.Path;
import java.util.function.Consumer;

/** How an etcd runs: as a process, or in a container. For one thread. */
interface EtcdNode extends AutoCloseable {
  /** Starts it on the data that it left. */
  void start();

  /** Ends it at once; the data stays. */
  void kill();

  /** Stops it in the middle of what it does, without ending it or its connections. */
  void pause();

  /** Lets it go on after {@link #pause}. */
  void resume();

  /** Removes the data; it does not run. */
  void removeData();

  /** Makes other data in place of what is there; it does not run. */
  void makeData(Consumer<Path> maker);

  /** Keeps a copy of the data, in place of an earlier one; it does not run. */
  void saveData();

  /** Puts the copy that was kept in the place of the data; it does not run. */
  void restoreData();

  /** Whether it runs. */
  boolean alive();

  /** What it last printed. */
  String log();

  /** Ends it and leaves nothing. */
  @Override
  void close();
}
