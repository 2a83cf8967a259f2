package dev.weft.sidecar;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Map;

/**
 * The house (design, section 3): packages of the sidecar import only lower layers, and never in a
 * circle.
 */
@AnalyzeClasses(packages = "dev.weft.sidecar", importOptions = ImportOption.DoNotIncludeTests.class)
class LayersTest {
  private static final String ROOT = "dev.weft.sidecar.";

  private static final Map<String, Integer> LAYERS =
      Map.ofEntries(
          Map.entry("telemetry", 0),
          Map.entry("http", 1),
          Map.entry("lb", 1),
          Map.entry("tls", 1),
          Map.entry("codec", 2),
          Map.entry("cluster", 2),
          Map.entry("filter", 2),
          Map.entry("upstream", 3),
          Map.entry("check", 4),
          Map.entry("callout", 4),
          Map.entry("proxy", 5),
          Map.entry("listener", 6),
          Map.entry("discovery", 6),
          Map.entry("registration", 6),
          Map.entry("identity", 6),
          Map.entry("admin", 6),
          Map.entry("app", 7));

  @ArchTest
  static final ArchRule EVERY_PACKAGE_HAS_A_LAYER_AND_IMPORTS_ONLY_LOWER_ONES =
      classes().that().resideInAPackage("dev.weft.sidecar.*..").should(importOnlyLowerLayers());

  @ArchTest
  static final ArchRule NO_CIRCLES =
      slices().matching("dev.weft.sidecar.(**)").should().beFreeOfCycles();

  private static ArchCondition<JavaClass> importOnlyLowerLayers() {
    return new ArchCondition<>("import only lower layers") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        String from = slice(type);
        Integer layer = LAYERS.get(from);
        if (layer == null) {
          events.add(
              SimpleConditionEvent.violated(
                  type, type.getName() + " is in a package without a layer"));
          return;
        }
        type.getDirectDependenciesFromSelf().stream()
            .filter(use -> use.getTargetClass().getPackageName().startsWith(ROOT))
            .filter(use -> !slice(use.getTargetClass()).equals(from))
            .filter(use -> LAYERS.getOrDefault(slice(use.getTargetClass()), 99) >= layer)
            .forEach(use -> events.add(SimpleConditionEvent.violated(type, use.getDescription())));
      }
    };
  }

  private static String slice(JavaClass type) {
    String below = type.getPackageName().substring(ROOT.length());
    int dot = below.indexOf('.');
    return dot < 0 ? below : below.substring(0, dot);
  }
}
