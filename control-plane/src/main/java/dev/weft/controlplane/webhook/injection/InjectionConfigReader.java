package dev.weft.controlplane.webhook.injection;

import dev.weft.controlplane.validate.yaml.Known;
import dev.weft.controlplane.validate.yaml.Obj;
import dev.weft.controlplane.validate.yaml.Place;
import dev.weft.controlplane.validate.yaml.Report;
import dev.weft.controlplane.validate.yaml.YamlNode;
import dev.weft.controlplane.validate.yaml.YamlNode.Scalar;
import dev.weft.controlplane.validate.yaml.YamlReader;
import dev.weft.controlplane.webhook.injection.InjectionConfig.Exclusions;
import dev.weft.controlplane.webhook.injection.InjectionConfig.NativeSidecars;
import dev.weft.controlplane.webhook.injection.InjectionConfig.Resources;
import dev.weft.controlplane.webhook.injection.InjectionConfig.Validation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads the document that says what is injected, strictly: an unknown field or a wrong value is an
 * error with its path. What is absent has its default. Pure.
 */
public final class InjectionConfigReader {
  /** The key of the ConfigMap {@code weft-injector} under which the document stands. */
  public static final String KEY = "config.yaml";

  private static final int MAX_ITEMS = 64;
  private static final int MAX_SECONDS = 3600;

  /** The API server renews no token that is good for less than ten minutes. */
  private static final int LEAST_TOKEN_SECONDS = 600;

  private static final int MOST_TOKEN_SECONDS = 86_400;

  private static final Known DOCUMENT =
      Known.of(
          "image",
          "imagePullPolicy",
          "controlPlane",
          "nativeSidecars",
          "resources",
          "exclude",
          "logLevel",
          "accessLog",
          "drainSeconds",
          "tokenSeconds",
          "dns",
          "scrape",
          "validation");

  private InjectionConfigReader() {}

  /**
   * Reads a document.
   *
   * @param name of the file or object, for messages
   * @param standard what is not said in the document
   * @throws InvalidConfigException with everything that is wrong
   */
  public static InjectionConfig read(String name, String content, InjectionConfig standard)
      throws InvalidConfigException {
    List<YamlReader.Document> documents = YamlReader.read(name, content);
    YamlReader.Document first = documents.getFirst();
    Report report = first.report();
    YamlNode root = first.root();
    InjectionConfig config = standard;
    if (documents.size() > 1) {
      report.error(0, "", documents.size() + " documents", "one document", "expected one document");
    } else if (root != null) {
      config = config(Obj.of(Place.root(report, root), DOCUMENT), standard);
    }
    if (!report.errors().isEmpty()) {
      throw new InvalidConfigException(report.errors());
    }
    return config;
  }

  private static InjectionConfig config(Obj document, InjectionConfig standard) {
    Obj controlPlane = child(document, "controlPlane", "address", "name");
    return new InjectionConfig(
        text(document, "image", InjectionConfigReader::image, standard.image()),
        oneOf(
            document,
            "imagePullPolicy",
            List.of("Always", "IfNotPresent", "Never"),
            standard.imagePullPolicy()),
        text(controlPlane, "address", InjectionConfigReader::address, standard.controlPlane()),
        text(controlPlane, "name", InjectionConfigReader::word, standard.controlPlaneName()),
        constant(document, "nativeSidecars", NativeSidecars.class, standard.nativeSidecars()),
        resources(document, standard.resources()),
        exclusions(document, standard.exclusions()),
        oneOf(document, "logLevel", InjectionConfig.LOG_LEVELS, standard.logLevel()),
        truth(document, "accessLog", standard.accessLog()),
        document.integer("drainSeconds", 0, MAX_SECONDS, standard.drainSeconds()),
        document.integer(
            "tokenSeconds", LEAST_TOKEN_SECONDS, MOST_TOKEN_SECONDS, standard.tokenSeconds()),
        truth(document, "dns", standard.dns()),
        truth(document, "scrape", standard.scrape()),
        constant(document, "validation", Validation.class, standard.validation()));
  }

  private static Resources resources(Obj document, Resources standard) {
    Obj resources = child(document, "resources", "requests", "limits");
    Obj requests = child(resources, "requests", "cpu", "memory");
    Obj limits = child(resources, "limits", "cpu", "memory");
    return new Resources(
        text(requests, "cpu", Formats::cpu, standard.cpu()),
        text(limits, "cpu", Formats::cpu, standard.cpuLimit()),
        text(requests, "memory", Formats::memory, standard.memory()),
        text(limits, "memory", Formats::memoryLimit, standard.memoryLimit()));
  }

  private static Exclusions exclusions(Obj document, Exclusions standard) {
    Obj exclude =
        child(document, "exclude", "inboundPorts", "outboundPorts", "outboundCidrs", "uids");
    return new Exclusions(
        texts(exclude, "inboundPorts", Formats::ports, standard.inboundPorts()),
        texts(exclude, "outboundPorts", Formats::ports, standard.outboundPorts()),
        texts(exclude, "outboundCidrs", Formats::cidr, standard.outboundCidrs()),
        texts(exclude, "uids", Formats::uid, standard.uids()));
  }

  /** The mapping of that name, an empty one when it is absent. */
  private static Obj child(Obj parent, String name, String... fields) {
    Place place = parent.get(name);
    if (place == null) {
      YamlNode nothing = new YamlNode.Mapping(0, new LinkedHashMap<>());
      place = parent.at().child(name, 0, nothing);
    }
    return Obj.of(place, Known.of(fields));
  }

  private static String text(
      Obj parent, String name, Function<String, @Nullable String> format, String standard) {
    Place place = parent.get(name);
    return place == null ? standard : text(place, format, standard);
  }

  /** A scalar as it is written: amounts and ports may be numbers. */
  private static String text(
      Place place, Function<String, @Nullable String> format, String standard) {
    String text = place.node() instanceof Scalar scalar ? scalar.text() : "";
    String expected = format.apply(text);
    if (expected != null) {
      place.wrong(expected);
      return standard;
    }
    return text;
  }

  private static List<String> texts(
      Obj parent, String name, Function<String, @Nullable String> format, List<String> standard) {
    if (!parent.has(name)) {
      return standard;
    }
    var texts = new ArrayList<String>();
    for (Place item : parent.items(name, MAX_ITEMS)) {
      texts.add(text(item, format, ""));
    }
    return texts;
  }

  private static boolean truth(Obj parent, String name, boolean standard) {
    Place place = parent.get(name);
    Boolean truth = place == null ? null : place.bool();
    return truth == null ? standard : truth;
  }

  private static String oneOf(Obj parent, String name, List<String> known, String standard) {
    Place place = parent.get(name);
    String text = place == null ? null : place.oneOf(known);
    return text == null ? standard : text;
  }

  private static <E extends Enum<E>> E constant(
      Obj parent, String name, Class<E> type, E standard) {
    var known = new ArrayList<String>();
    for (E constant : type.getEnumConstants()) {
      known.add(constant.name().toLowerCase(Locale.ROOT));
    }
    String text = oneOf(parent, name, known, "");
    return text.isEmpty() ? standard : Enum.valueOf(type, text.toUpperCase(Locale.ROOT));
  }

  private static @Nullable String image(String text) {
    return text.isEmpty() || text.chars().anyMatch(c -> c <= ' ')
        ? "an image, such as weft-sidecar:0.1.0"
        : null;
  }

  private static @Nullable String word(String text) {
    return text.matches("[A-Za-z0-9._-]{1,253}") ? null : "a DNS name";
  }

  private static @Nullable String address(String text) {
    return text.matches("[A-Za-z0-9._:\\[\\]-]{1,253}:[0-9]{1,5}(,.{1,500})?")
        ? null
        : "HOST:PORT, such as weft-control-plane.weft-system.svc:7700";
  }
}
