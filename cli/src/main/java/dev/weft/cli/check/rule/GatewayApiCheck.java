package dev.weft.cli.check.rule;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Findings;
import dev.weft.controlplane.validate.policy.Kinds;
import java.util.List;
import java.util.Map;

/**
 * Whether the kinds of routes and policies are installed, in a version that is understood. Pure.
 *
 * @param served which versions the API server has, by {@code plural.group}
 * @param installed whether Weft is, so that its own kind has to be there
 */
public record GatewayApiCheck(Map<String, List<String>> served, boolean installed)
    implements Check {
  private static final String GUIDE = "https://gateway-api.sigs.k8s.io/guides";
  private static final List<String> OPTIONAL = List.of("TLSRoute", "TCPRoute");

  /** Copies the map. */
  public GatewayApiCheck {
    served = Map.copyOf(served);
  }

  /** The key of a kind in {@link #served}. */
  public static String key(Kinds.Served kind) {
    return kind.plural() + "." + kind.group();
  }

  @Override
  public void run(Findings to) {
    for (Kinds.Served kind : Kinds.served()) {
      boolean ours = kind.group().equals(Kinds.WEFT_GROUP);
      if (kind.group().isEmpty() || (ours && !installed)) {
        continue;
      }
      CheckId id = ours ? CheckId.TRAFFIC_POLICY : CheckId.GATEWAY_API;
      String remedy =
          ours
              ? "apply the manifests again: weft install | kubectl apply -f -"
              : "install Gateway API 1.4 or newer, with kubectl apply --server-side: " + GUIDE;
      List<String> there = served.getOrDefault(key(kind), List.of());
      if (there.isEmpty() && OPTIONAL.contains(kind.kind())) {
        to.notice(
            id,
            kind.kind(),
            "is not installed: there are no routes of that kind",
            "nothing, unless you want them: install Gateway API's experimental channel");
      } else if (there.isEmpty()) {
        to.error(id, kind.kind(), "is not installed", remedy);
      } else if (there.stream().noneMatch(kind.versions()::contains)) {
        to.error(
            id,
            kind.kind(),
            "is served as "
                + String.join(", ", there)
                + " only, expected "
                + String.join(" or ", kind.versions()),
            remedy);
      }
    }
    to.okUnlessFound(CheckId.GATEWAY_API, "every kind of Gateway API's mesh routes is served");
    if (installed) {
      to.okUnlessFound(CheckId.TRAFFIC_POLICY, "TrafficPolicy is served");
    }
  }
}
