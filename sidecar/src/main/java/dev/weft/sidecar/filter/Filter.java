package dev.weft.sidecar.filter;

import dev.weft.common.head.HeadView;
import dev.weft.sidecar.http.HeadPlan;

/**
 * One policy of a route, compiled. Immutable, without state of a request, shared by all workers.
 * Filters of a route see a request in their order and its response in the reverse one.
 */
public interface Filter {
  /** What becomes of a request. */
  enum Decision {
    /** On to the next filter, and then upstream. */
    CONTINUE,
    /** The filter has answered itself, into the {@link Answer} that it was given. */
    ANSWER
  }

  /**
   * Looks at a request before any attempt is made.
   *
   * @param answer to be filled when the filter answers itself
   */
  Decision onRequest(HeadView request, Answer answer);

  /**
   * Edits the head of the final response, be it the application's or the proxy's own.
   *
   * @param request the head that it answers
   */
  void onResponse(HeadView request, HeadPlan response);

  /** A filter's own response: a status and header lines, without a body. */
  final class Answer {
    private final HeadPlan plan = new HeadPlan();
    private int status;

    /** Starts an answer, forgetting the last one; the caller adds lines. */
    public HeadPlan begin(int httpStatus) {
      status = httpStatus;
      plan.clear();
      return plan;
    }

    public int status() {
      return status;
    }

    public HeadPlan plan() {
      return plan;
    }
  }
}
