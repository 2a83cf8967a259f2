package dev.weft.soak.load;

import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Sends requests of one protocol. Thread-safe. */
interface Caller extends AutoCloseable {
  String protocol();

  /**
   * Sends one request, once.
   *
   * @param done told once, on any thread: null when the answer was whole and right, else what was
   *     wrong
   */
  void call(Consumer<@Nullable Problem> done);

  /** New connections go to these from now on, as discovery would tell. */
  void targets(List<Integer> ports);

  @Override
  void close();
}
