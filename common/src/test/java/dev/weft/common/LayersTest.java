package dev.weft.common;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The house (design, section 3): packages import only lower layers, and never in a circle. */
@AnalyzeClasses(packages = "dev.weft.common", importOptions = ImportOption.DoNotIncludeTests.class)
class LayersTest {
  @ArchTest
  static final ArchRule LAYERS =
      layeredArchitecture()
          .consideringOnlyDependenciesInAnyPackage("dev.weft..")
          .withOptionalLayers(true)
          .layer("values")
          .definedBy("dev.weft.common")
          .layer("head")
          .definedBy("dev.weft.common.head")
          .layer("config")
          .definedBy("dev.weft.common.config")
          .layer("wire")
          .definedBy("dev.weft.common.wire")
          .layer("route")
          .definedBy("dev.weft.common.route")
          .layer("messages")
          .definedBy("dev.weft.proto..")
          .whereLayer("values")
          .mayNotAccessAnyLayer()
          .whereLayer("head")
          .mayOnlyAccessLayers("values")
          .whereLayer("config")
          .mayOnlyAccessLayers("values", "head")
          .whereLayer("route")
          .mayOnlyAccessLayers("values", "head", "config")
          .whereLayer("wire")
          .mayOnlyAccessLayers("values", "head", "config", "messages");

  @ArchTest
  static final ArchRule NO_CIRCLES =
      slices().matching("dev.weft.common.(*)..").should().beFreeOfCycles();
}
