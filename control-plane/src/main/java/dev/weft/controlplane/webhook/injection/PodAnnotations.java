package dev.weft.controlplane.webhook.injection;

import dev.weft.controlplane.validate.yaml.NearMisses;
import dev.weft.controlplane.webhook.injection.InjectionConfig.Exclusions;
import dev.weft.controlplane.webhook.injection.InjectionConfig.Resources;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads the {@code weft.dev/} annotations of one pod. Used by one thread. */
final class PodAnnotations {
  static final String PREFIX = "weft.dev/";
  static final String INJECT = PREFIX + "inject";

  /** {@code injected} or {@code skipped}; ours. */
  static final String STATUS = PREFIX + "status";

  /** Which template made the sidecar; ours. */
  static final String TEMPLATE = PREFIX + "template-hash";

  /** Why there is no sidecar; ours. */
  static final String REASON = PREFIX + "reason";

  private static final String CPU = PREFIX + "proxy-cpu";
  private static final String CPU_LIMIT = PREFIX + "proxy-cpu-limit";
  private static final String MEMORY = PREFIX + "proxy-memory";
  private static final String MEMORY_LIMIT = PREFIX + "proxy-memory-limit";
  private static final String LOG_LEVEL = PREFIX + "log-level";
  private static final String ACCESS_LOG = PREFIX + "access-log";
  private static final String MAX_HEAD = PREFIX + "max-head-bytes";
  private static final String DNS = PREFIX + "dns";
  private static final String CONFIG_PORT = PREFIX + "config-port";
  private static final String CONFIG_DIR = PREFIX + "config-dir";
  private static final String INBOUND_PORTS = PREFIX + "exclude-inbound-ports";
  private static final String OUTBOUND_PORTS = PREFIX + "exclude-outbound-ports";
  private static final String OUTBOUND_CIDRS = PREFIX + "exclude-outbound-cidrs";
  private static final String UIDS = PREFIX + "exclude-uids";

  private static final List<String> FOR_PEOPLE =
      List.of(
          INJECT,
          CPU,
          CPU_LIMIT,
          MEMORY,
          MEMORY_LIMIT,
          LOG_LEVEL,
          ACCESS_LOG,
          MAX_HEAD,
          DNS,
          CONFIG_PORT,
          CONFIG_DIR,
          INBOUND_PORTS,
          OUTBOUND_PORTS,
          OUTBOUND_CIDRS,
          UIDS);

  private static final List<String> OURS = List.of(STATUS, TEMPLATE, REASON);

  private final Map<String, String> annotations;
  private final List<String> errors = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  PodAnnotations(Map<String, String> annotations) {
    this.annotations = annotations;
    for (String name : annotations.keySet()) {
      if (name.startsWith(PREFIX) && !FOR_PEOPLE.contains(name) && !OURS.contains(name)) {
        String hint = NearMisses.hint(name, FOR_PEOPLE);
        warnings.add(
            at(name)
                + " is unknown and has no effect"
                + (hint.isEmpty() ? "; known are " + String.join(", ", FOR_PEOPLE) : hint));
      }
    }
  }

  /** What is wrong; any means that the pod must not be created so. */
  List<String> errors() {
    return errors;
  }

  List<String> warnings() {
    return warnings;
  }

  PodSettings settings(InjectionConfig config) {
    Exclusions everywhere = config.exclusions();
    return new PodSettings(
        resources(config.resources()),
        new Exclusions(
            items(INBOUND_PORTS, everywhere.inboundPorts(), Formats::ports),
            items(OUTBOUND_PORTS, everywhere.outboundPorts(), Formats::ports),
            items(OUTBOUND_CIDRS, everywhere.outboundCidrs(), Formats::cidr),
            items(UIDS, everywhere.uids(), Formats::uid)),
        oneOf(LOG_LEVEL, InjectionConfig.LOG_LEVELS, config.logLevel()),
        onOrOff(ACCESS_LOG, config.accessLog()),
        value(MAX_HEAD, Formats::headBytes, ""),
        onOrOff(DNS, config.dns()),
        value(CONFIG_PORT, Formats::configPort, ""),
        value(CONFIG_DIR, Formats::configFolder, ""));
  }

  /** What is wrong with where a pod wants its configuration as files. */
  static String wrongConfigFolder(String folder, String expected) {
    return wrong(CONFIG_DIR, folder, expected);
  }

  private boolean onOrOff(String name, boolean standard) {
    return oneOf(name, List.of("on", "off"), standard ? "on" : "off").equals("on");
  }

  private Resources resources(Resources standard) {
    String cpuLimit = value(CPU_LIMIT, Formats::cpu, standard.cpuLimit());
    String memoryLimit = value(MEMORY_LIMIT, Formats::memoryLimit, standard.memoryLimit());
    return new Resources(
        request(CPU, Formats::cpu, standard.cpu(), CPU_LIMIT, cpuLimit),
        cpuLimit,
        request(MEMORY, Formats::memory, standard.memory(), MEMORY_LIMIT, memoryLimit),
        memoryLimit);
  }

  /** What is requested: never more than the limit, which the API server would refuse. */
  private String request(
      String name,
      Function<String, @Nullable String> format,
      String standard,
      String limitName,
      String limit) {
    String request = value(name, format, standard);
    BigDecimal amount = Quantity.parse(request);
    BigDecimal most = Quantity.parse(limit);
    if (amount == null || most == null || amount.compareTo(most) <= 0) {
      return request;
    }
    if (annotations.containsKey(name)) {
      errors.add(
          wrong(name, request, "at most the limit of " + limit)
              + "; raise it with "
              + limitName
              + ", or ask for less");
    }
    return limit;
  }

  private String value(String name, Function<String, @Nullable String> format, String standard) {
    String text = annotations.get(name);
    if (text == null) {
      return standard;
    }
    String expected = format.apply(text.strip());
    if (expected != null) {
      errors.add(wrong(name, text, expected));
      return standard;
    }
    return text.strip();
  }

  private String oneOf(String name, List<String> known, String standard) {
    String text = annotations.get(name);
    if (text == null) {
      return standard;
    }
    if (!known.contains(text)) {
      errors.add(
          wrong(name, text, "one of " + String.join(", ", known)) + NearMisses.hint(text, known));
      return standard;
    }
    return text;
  }

  /** Those of every pod and those of this one. */
  private List<String> items(
      String name, List<String> standard, Function<String, @Nullable String> format) {
    var items = new LinkedHashSet<>(standard);
    for (String part : annotations.getOrDefault(name, "").split(",", -1)) {
      String item = part.strip();
      if (!item.isEmpty()) {
        String expected = format.apply(item);
        if (expected != null) {
          errors.add(wrong(name, item, expected + "; separate several by commas"));
        }
        items.add(item);
      }
    }
    return List.copyOf(items);
  }

  static String wrong(String name, String value, String expected) {
    return at(name) + " is \"" + value + "\", expected " + expected;
  }

  private static String at(String name) {
    return "metadata.annotations[" + name + "]";
  }
}
