package dev.weft.soak.load;

import org.jspecify.annotations.Nullable;

/** Says which failures no mesh could have avoided. Called on any thread. */
@FunctionalInterface
public interface Judge {
  /** Every failure counts. */
  Judge STRICT = (problem, began, ended) -> null;

  /**
   * Why a failure could not be avoided, in a few words, the same for all of its sort; null: it
   * could.
   *
   * @param began when the request was begun, as {@link System#nanoTime} has it
   * @param ended when it had failed
   */
  @Nullable String excuse(Problem problem, long began, long ended);
}
