package dev.weft.controlplane.webhook.injection;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.weft.controlplane.webhook.injection.InjectionConfig.Exclusions;
import dev.weft.controlplane.webhook.injection.InjectionConfig.Resources;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What is put into a pod: the init step, the sidecar and their volumes. Pure. */
final class SidecarTemplate {
  static final String INIT = "weft-init";
  static final String SIDECAR = "weft-sidecar";
  static final String STATE = "weft-state";

  /** The names of the volumes. */
  static final List<String> VOLUMES = List.of("weft-ca", "weft-token", STATE, ConfigVolume.NAME);

  /** User and group of the sidecar: its own connections are not intercepted. */
  static final int UID = 1337;

  static final int FIRST_PORT = 15000;
  static final int LAST_PORT = 15099;
  static final int PROBE_PORT = 15021;

  private static final String CA_DIRECTORY = "/etc/weft/ca";
  private static final String TOKEN_DIRECTORY = "/var/run/secrets/weft.dev";
  private static final String STATE_DIRECTORY = "/var/lib/weft";

  /** How long an ordinary container is held for its sidecar. */
  private static final int START_SECONDS = 600;

  /**
   * On a machine with too much to do a JVM takes long before it first answers; who ends it for that
   * has it begin again, and the machine has more to do.
   */
  private static final int LIVE_AFTER_SECONDS = 180;

  /**
   * Of the init step: while it runs its pod has nothing else but the sidecar, and what both ask for
   * together should be no more than application and sidecar ask for.
   */
  private static final String INIT_MEMORY = "32Mi";

  private SidecarTemplate() {}

  /** Which template this is: another hash means that a pod would be injected otherwise today. */
  static String hash(InjectionConfig config, boolean nativeSidecar) {
    PodSettings settings = PodSettings.of(config);
    String all =
        init(config, settings, nativeSidecar).toString()
            + sidecar(config, settings, Map.of(), new JsonObject(), nativeSidecar)
            + volumes(config, settings);
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(all.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * The step that sets up interception and ends: the only one with capabilities. After a native
   * sidecar it ends when that is ready, so that the kubelet starts the application then. (A startup
   * probe of the sidecar would have the kubelet look once more, which it does once a second.)
   */
  static JsonObject init(InjectionConfig config, PodSettings settings, boolean nativeSidecar) {
    var args = new ArrayList<String>();
    args.add("intercept");
    if (nativeSidecar) {
      option(args, "await-ready", "" + PROBE_PORT);
    }
    Exclusions exclusions = settings.exclusions();
    option(args, "exclude-inbound-ports", exclusions.inboundPorts());
    option(args, "exclude-outbound-ports", exclusions.outboundPorts());
    option(args, "exclude-outbound-cidrs", exclusions.outboundCidrs());
    option(args, "exclude-uids", exclusions.uids());
    dns(args, settings);
    return Json.of(
        "name",
        INIT,
        "image",
        config.image(),
        "imagePullPolicy",
        config.imagePullPolicy(),
        "args",
        args,
        "resources",
        resources(ofInit(settings.resources())),
        "securityContext",
        Json.of(
            "runAsUser",
            0,
            "runAsGroup",
            0,
            "runAsNonRoot",
            false,
            "privileged",
            false,
            "allowPrivilegeEscalation",
            false,
            "readOnlyRootFilesystem",
            true,
            "capabilities",
            Json.of("drop", List.of("ALL"), "add", List.of("NET_ADMIN", "NET_RAW")),
            "seccompProfile",
            Json.of("type", "RuntimeDefault")));
  }

  /** The sidecar; {@code probes} are what it carries out for the kubelet. */
  static JsonObject sidecar(
      InjectionConfig config,
      PodSettings settings,
      Map<String, String> labels,
      JsonObject probes,
      boolean nativeSidecar) {
    JsonObject container =
        Json.of(
            "name",
            SIDECAR,
            "image",
            config.image(),
            "imagePullPolicy",
            config.imagePullPolicy(),
            "args",
            args(config, settings),
            "env",
            environment(labels, probes),
            "ports",
            List.of(Json.of("name", "weft-probes", "containerPort", PROBE_PORT, "protocol", "TCP")),
            "resources",
            resources(settings.resources()),
            "readinessProbe",
            probe("/ready", 2, 3, 0),
            "livenessProbe",
            probe("/live", 10, 3, LIVE_AFTER_SECONDS),
            "securityContext",
            Json.of(
                "runAsUser",
                UID,
                "runAsGroup",
                UID,
                "runAsNonRoot",
                true,
                "privileged",
                false,
                "allowPrivilegeEscalation",
                false,
                "readOnlyRootFilesystem",
                true,
                "capabilities",
                Json.of("drop", List.of("ALL")),
                "seccompProfile",
                Json.of("type", "RuntimeDefault")),
            "volumeMounts",
            mounts(settings));
    if (nativeSidecar) {
      // Kept running beside the others, started before them, ended after them.
      container.addProperty("restartPolicy", "Always");
    } else {
      // Containers start one after the other, each when the hook of the one before is done; they
      // all end at once.
      container.add(
          "lifecycle",
          Json.of(
              "postStart",
              hook("ready", "" + PROBE_PORT, "" + START_SECONDS),
              "preStop",
              hook("leave", "" + config.drainSeconds())));
    }
    return container;
  }

  private static List<JsonObject> mounts(PodSettings settings) {
    var all =
        new ArrayList<>(
            List.of(
                Json.of("name", "weft-ca", "mountPath", CA_DIRECTORY, "readOnly", true),
                Json.of("name", "weft-token", "mountPath", TOKEN_DIRECTORY, "readOnly", true),
                Json.of("name", STATE, "mountPath", STATE_DIRECTORY)));
    if (!settings.configFolder().isEmpty()) {
      all.add(Json.of("name", ConfigVolume.NAME, "mountPath", ConfigVolume.DIRECTORY));
    }
    return all;
  }

  static JsonArray volumes(InjectionConfig config, PodSettings settings) {
    JsonArray all =
        Json.list(
            List.of(
                Json.of("name", "weft-ca", "configMap", Json.of("name", "weft-ca")),
                Json.of(
                    "name",
                    "weft-token",
                    "projected",
                    Json.of(
                        "sources",
                        List.of(
                            Json.of(
                                "serviceAccountToken",
                                Json.of(
                                    "audience",
                                    "weft",
                                    "expirationSeconds",
                                    config.tokenSeconds(),
                                    "path",
                                    "token"))))),
                Json.of("name", STATE, "emptyDir", Json.of("sizeLimit", "64Mi"))));
    if (!settings.configFolder().isEmpty()) {
      all.add(ConfigVolume.volume());
    }
    return all;
  }

  private static List<String> args(InjectionConfig config, PodSettings settings) {
    var args = new ArrayList<String>();
    option(args, "intercept", "on");
    option(args, "register", "off");
    option(args, "probe-port", "" + PROBE_PORT);
    option(args, "control-plane", config.controlPlane());
    option(args, "control-plane-name", config.controlPlaneName());
    option(args, "control-plane-ca", CA_DIRECTORY + "/ca.crt");
    option(args, "token-file", TOKEN_DIRECTORY + "/token");
    option(args, "state-dir", STATE_DIRECTORY);
    option(args, "log-level", settings.logLevel());
    option(args, "access-log", settings.accessLog() ? "-" : "off");
    option(args, "drain-seconds", "" + config.drainSeconds());
    if (!settings.maxHeadBytes().isEmpty()) {
      option(args, "max-head-bytes", settings.maxHeadBytes());
    }
    dns(args, settings);
    appConfig(args, settings);
    return args;
  }

  /** Not a word of it where it is off, as by default: pods are as they were. */
  private static void dns(List<String> args, PodSettings settings) {
    if (settings.dns()) {
      option(args, "dns", "on");
    }
  }

  /** The same of what the application is configured with. */
  private static void appConfig(List<String> args, PodSettings settings) {
    if (!settings.configPort().isEmpty()) {
      option(args, "config-port", settings.configPort());
    }
    if (!settings.configFolder().isEmpty()) {
      option(args, "config-dir", ConfigVolume.DIRECTORY);
    }
  }

  private static List<JsonObject> environment(Map<String, String> labels, JsonObject probes) {
    var all = new ArrayList<JsonObject>();
    all.add(field("WEFT_POD", "metadata.name"));
    all.add(field("WEFT_NAMESPACE", "metadata.namespace"));
    all.add(field("WEFT_POD_ADDRESS", "status.podIP"));
    all.add(field("WEFT_NODE_NAME", "spec.nodeName"));
    if (!labels.isEmpty()) {
      all.add(
          variable(
              "WEFT_LABEL",
              new TreeMap<>(labels)
                  .entrySet().stream()
                      .map(label -> label.getKey() + "=" + label.getValue())
                      .collect(Collectors.joining(","))));
    }
    if (probes.size() > 0) {
      all.add(variable("WEFT_APP_PROBES", probes.toString()));
    }
    return all;
  }

  private static JsonObject variable(String name, String value) {
    // Kubernetes would replace $(NAME) by another variable's value.
    return Json.of("name", name, "value", value.replace("$(", "$$("));
  }

  private static JsonObject field(String name, String path) {
    return Json.of(
        "name",
        name,
        "valueFrom",
        Json.of("fieldRef", Json.of("apiVersion", "v1", "fieldPath", path)));
  }

  private static JsonObject probe(String path, int periodSeconds, int failures, int afterSeconds) {
    JsonObject probe =
        Json.of(
            "httpGet",
            Json.of("path", path, "port", PROBE_PORT, "scheme", "HTTP"),
            "periodSeconds",
            periodSeconds,
            "timeoutSeconds",
            2,
            "failureThreshold",
            failures);
    if (afterSeconds > 0) {
      probe.addProperty("initialDelaySeconds", afterSeconds);
    }
    return probe;
  }

  private static JsonObject hook(String... until) {
    var command = new ArrayList<>(List.of("/weft/bin/sidecar", "hold"));
    command.addAll(List.of(until));
    return Json.of("exec", Json.of("command", command));
  }

  /** Less memory asked for, unless that cost the pod its class of service ("Guaranteed"). */
  private static Resources ofInit(Resources sidecar) {
    BigDecimal asked = Quantity.parse(sidecar.memory());
    boolean guaranteed =
        sidecar.cpu().equals(sidecar.cpuLimit()) && sidecar.memory().equals(sidecar.memoryLimit());
    return guaranteed || asked == null || asked.compareTo(Quantity.parse(INIT_MEMORY)) <= 0
        ? sidecar
        : new Resources(sidecar.cpu(), sidecar.cpuLimit(), INIT_MEMORY, sidecar.memoryLimit());
  }

  private static JsonObject resources(Resources resources) {
    var requests = new JsonObject();
    amount(requests, "cpu", resources.cpu());
    amount(requests, "memory", resources.memory());
    var limits = new JsonObject();
    amount(limits, "cpu", resources.cpuLimit());
    amount(limits, "memory", resources.memoryLimit());
    return Json.of("requests", requests, "limits", limits);
  }

  private static void amount(JsonObject amounts, String name, String amount) {
    if (!amount.isEmpty()) {
      amounts.addProperty(name, amount);
    }
  }

  private static void option(List<String> args, String name, List<String> values) {
    if (!values.isEmpty()) {
      option(args, name, String.join(",", values));
    }
  }

  private static void option(List<String> args, String name, String value) {
    args.add("--" + name + "=" + value);
  }
}
