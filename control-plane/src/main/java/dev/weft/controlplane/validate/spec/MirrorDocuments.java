package dev.weft.controlplane.validate.spec;

import dev.weft.controlplane.model.HttpRoute.Target;
import dev.weft.controlplane.model.RuleFilters.Mirror;
import dev.weft.controlplane.validate.policy.Draft;
import dev.weft.controlplane.validate.yaml.Known;
import dev.weft.controlplane.validate.yaml.Obj;
import dev.weft.controlplane.validate.yaml.Place;
import org.jspecify.annotations.Nullable;

/** A filter of type {@code RequestMirror} (Gateway API; the share by GEP-3171). */
final class MirrorDocuments {
  private static final Known MIRROR = Known.of("backendRef", "percent", "fraction");
  private static final Known BACKEND = Known.of("group", "kind", "name", "namespace", "port");
  private static final Known FRACTION = Known.of("numerator", "denominator");
  private static final int PERCENT = 100;

  private MirrorDocuments() {}

  static @Nullable Mirror decode(Draft draft, Place at) {
    Obj mirror = Obj.of(at, MIRROR);
    int numerator = mirror.integer("percent", 0, PERCENT, PERCENT);
    int denominator = PERCENT;
    Place fractionAt = mirror.get("fraction");
    if (fractionAt != null) {
      if (mirror.has("percent")) {
        fractionAt.wrong("percent or fraction, not both");
      }
      Obj fraction = Obj.of(fractionAt, FRACTION);
      denominator = fraction.integer("denominator", 1, Integer.MAX_VALUE, PERCENT);
      Place numeratorAt = fraction.require("numerator", "how many of denominator requests");
      Integer said = numeratorAt == null ? null : numeratorAt.integer(0, denominator);
      numerator = said == null ? 0 : said;
    }
    Place backendAt = mirror.require("backendRef", "the Service that gets the copies");
    Target target =
        backendAt == null ? null : RouteReferences.target(draft, Obj.of(backendAt, BACKEND));
    return target == null ? null : new Mirror(target, numerator, denominator);
  }
}
