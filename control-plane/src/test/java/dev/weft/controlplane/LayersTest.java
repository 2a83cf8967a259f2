package dev.weft.controlplane;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import dev.weft.testkit.Layers;
import java.util.Map;

/**
 * The house (design, section 3): packages of the control plane import only lower layers, and never
 * in a circle.
 */
@AnalyzeClasses(
    packages = "dev.weft.controlplane",
    importOptions = ImportOption.DoNotIncludeTests.class)
class LayersTest {
  private static final Layers LAYERS =
      Layers.of(
          "dev.weft.controlplane",
          Map.ofEntries(
              Map.entry("model", 0),
              Map.entry("pki", 0),
              Map.entry("limit", 0),
              Map.entry("validate", 1),
              Map.entry("registry", 2),
              Map.entry("auth", 2),
              Map.entry("source", 3),
              Map.entry("inforce", 3),
              Map.entry("spread", 3),
              Map.entry("compile", 4),
              Map.entry("snapshot", 5),
              Map.entry("discovery", 6),
              Map.entry("api", 7),
              Map.entry("ca", 6),
              Map.entry("webhook", 7),
              Map.entry("status", 7),
              Map.entry("app", 8)));

  @ArchTest
  static final ArchRule EVERY_PACKAGE_HAS_A_LAYER_AND_IMPORTS_ONLY_LOWER_ONES =
      LAYERS.importOnlyLowerOnes();

  @ArchTest static final ArchRule NO_CIRCLES = LAYERS.noCircles();
}
