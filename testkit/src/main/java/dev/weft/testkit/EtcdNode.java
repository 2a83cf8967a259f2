package dev.weft.testkit;

/** How an etcd runs: as a process, or in a container. For one thread. */
interface EtcdNode extends AutoCloseable {
  /** Starts it on the data that it left. */
  void start();

  /** Ends it at once; the data stays. */
  void kill();

  /** Removes the data; it does not run. */
  void removeData();

  /** Whether it runs. */
  boolean alive();

  /** What it last printed. */
  String log();

  /** Ends it and leaves nothing. */
  @Override
  void close();
}
