package dev.weft.controlplane.validate.spec;

import dev.weft.controlplane.model.HttpRoute.Retry;
import dev.weft.controlplane.validate.yaml.Known;
import dev.weft.controlplane.validate.yaml.Obj;
import dev.weft.controlplane.validate.yaml.Place;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** When the requests of an HTTPRoute's rule are tried again (Gateway API, GEP-1731). */
final class RetryDocuments {
  private static final int MAX_ATTEMPTS = 10;
  private static final int MAX_CODES = 200;

  private static final Known RETRY = Known.of("codes", "attempts", "backoff");

  private RetryDocuments() {}

  /**
   * @param lenient whether more attempts than we make are good: they are the most that are wanted
   */
  static @Nullable Retry decode(@Nullable Place at, boolean lenient) {
    if (at == null) {
      return null;
    }
    Obj retry = Obj.of(at, RETRY);
    List<Integer> codes = new ArrayList<>();
    Set<String> seen = Place.seen();
    for (Place item : retry.items("codes", MAX_CODES)) {
      Integer code = item.integer(400, 599);
      if (code != null && item.unique(seen, code.toString())) {
        codes.add(code);
      }
    }
    Place attemptsAt = retry.get("attempts");
    Integer attempts =
        attemptsAt == null
            ? null
            : attemptsAt.integer(1, lenient ? Integer.MAX_VALUE : MAX_ATTEMPTS);
    Duration backoff = retry.duration("backoff", Duration.ZERO);
    return new Retry(codes, attempts == null ? null : Math.min(attempts, MAX_ATTEMPTS), backoff);
  }
}
