package dev.weft.controlplane.webhook.injection;

import dev.weft.controlplane.webhook.injection.InjectionConfig.Exclusions;
import dev.weft.controlplane.webhook.injection.InjectionConfig.Resources;

/**
 * What the sidecar of one pod is told: the configuration with the pod's annotations on top.
 *
 * @param maxHeadBytes empty: the sidecar's own default
 * @param configPort where the application asks for its configuration; empty: nowhere
 * @param configFolder where its containers have it as files; empty: nowhere
 */
record PodSettings(
    Resources resources,
    Exclusions exclusions,
    String logLevel,
    boolean accessLog,
    String maxHeadBytes,
    boolean dns,
    String configPort,
    String configFolder) {
  static PodSettings of(InjectionConfig config) {
    return new PodSettings(
        config.resources(),
        config.exclusions(),
        config.logLevel(),
        config.accessLog(),
        "",
        config.dns(),
        "",
        "");
  }
}
