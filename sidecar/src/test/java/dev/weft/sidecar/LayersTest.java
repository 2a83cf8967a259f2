package dev.weft.sidecar;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import dev.weft.testkit.Layers;
import java.util.Map;

/**
 * The house (design, section 3): packages of the sidecar import only lower layers, and never in a
 * circle.
 */
@AnalyzeClasses(packages = "dev.weft.sidecar", importOptions = ImportOption.DoNotIncludeTests.class)
class LayersTest {
  private static final Layers LAYERS =
      Layers.of(
          "dev.weft.sidecar",
          Map.ofEntries(
              Map.entry("telemetry", 0),
              Map.entry("destination", 0),
              Map.entry("http", 1),
              Map.entry("lb", 1),
              Map.entry("tls", 1),
              Map.entry("proxyprotocol", 1),
              Map.entry("codec", 2),
              Map.entry("cluster", 2),
              Map.entry("filter", 2),
              Map.entry("upstream", 3),
              Map.entry("check", 4),
              Map.entry("callout", 4),
              Map.entry("relay", 4),
              Map.entry("proxy", 5),
              Map.entry("listener", 6),
              Map.entry("discovery", 6),
              Map.entry("registration", 6),
              Map.entry("probe", 6),
              Map.entry("dns", 6),
              Map.entry("appconfig", 6),
              Map.entry("identity", 6),
              Map.entry("admin", 6),
              Map.entry("app", 7)));

  @ArchTest
  static final ArchRule EVERY_PACKAGE_HAS_A_LAYER_AND_IMPORTS_ONLY_LOWER_ONES =
      LAYERS.importOnlyLowerOnes();

  @ArchTest static final ArchRule NO_CIRCLES = LAYERS.noCircles();

  @ArchTest
  static final ArchRule LOGGERS_COME_FROM_LOGS =
      noClasses()
          .should()
          .callMethod(System.class, "getLogger", String.class)
          .because("it opens every jar of the class path: telemetry.Logs does not");
}
