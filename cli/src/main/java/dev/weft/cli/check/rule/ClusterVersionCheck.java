package dev.weft.cli.check.rule;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Findings;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether Kubernetes is new enough. Pure.
 *
 * @param server where it is
 * @param version as it says itself, e.g. {@code v1.33.1}
 */
public record ClusterVersionCheck(String server, String version) implements Check {
  /** The first one with {@code matchConditions} of webhooks. */
  private static final int LEAST_MINOR = 28;

  /** The first one with native sidecars by default. */
  private static final int NATIVE_MINOR = 29;

  private static final Pattern MINOR = Pattern.compile("v?1\\.([0-9]{1,4}).*");

  @Override
  public void run(Findings to) {
    to.ok(CheckId.API_SERVER, server + " answers");
    Matcher matcher = MINOR.matcher(version);
    if (!matcher.matches()) {
      to.notice(
          CheckId.KUBERNETES_VERSION,
          "",
          "the cluster's version \"" + version + "\" is not understood",
          "make sure that it is Kubernetes 1." + NATIVE_MINOR + " or newer");
      return;
    }
    int minor = Integer.parseInt(matcher.group(1));
    if (minor < LEAST_MINOR) {
      to.error(
          CheckId.KUBERNETES_VERSION,
          "",
          "Kubernetes " + version + " does not know the webhooks' matchConditions",
          "upgrade the cluster to 1." + NATIVE_MINOR + " or newer");
    } else if (minor < NATIVE_MINOR) {
      to.warning(
          CheckId.KUBERNETES_VERSION,
          "",
          "Kubernetes "
              + version
              + " has no native sidecars: init containers go past the mesh, and Jobs do not end",
          "upgrade the cluster to 1." + NATIVE_MINOR + " or newer");
    } else {
      to.ok(CheckId.KUBERNETES_VERSION, "Kubernetes " + version + " has native sidecars");
    }
  }
}
