package dev.weft.testkit;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Map;

/**
 * The rules of a house with layers (design, section 3), for the table of one module. A package
 * belongs to the layer of its first segment below the module's root. Pure.
 */
public final class Layers {
  private final String root;
  private final Map<String, Integer> table;

  private Layers(String root, Map<String, Integer> table) {
    this.root = root;
    this.table = Map.copyOf(table);
  }

  /**
   * The layers of one module.
   *
   * @param root its root package, as in {@code dev.weft.sidecar}
   * @param table the layer of each package right below the root
   */
  public static Layers of(String root, Map<String, Integer> table) {
    return new Layers(root, table);
  }

  /** Every package has a layer and imports only lower ones. */
  public ArchRule importOnlyLowerOnes() {
    return classes()
        .that()
        .resideInAPackage(root + ".*..")
        .should(
            new ArchCondition<>("import only lower layers") {
              @Override
              public void check(JavaClass type, ConditionEvents events) {
                checkType(type, events);
              }
            });
  }

  /** No two packages import each other, on whatever detour. */
  public ArchRule noCircles() {
    return slices().matching(root + ".(**)").should().beFreeOfCycles();
  }

  private void checkType(JavaClass type, ConditionEvents events) {
    String from = slice(type);
    Integer layer = table.get(from);
    if (layer == null) {
      events.add(
          SimpleConditionEvent.violated(type, type.getName() + " is in a package without a layer"));
      return;
    }
    type.getDirectDependenciesFromSelf().stream()
        .filter(use -> use.getTargetClass().getPackageName().startsWith(root + "."))
        .filter(use -> !slice(use.getTargetClass()).equals(from))
        .filter(use -> table.getOrDefault(slice(use.getTargetClass()), 99) >= layer)
        .forEach(use -> events.add(SimpleConditionEvent.violated(type, use.getDescription())));
  }

  private String slice(JavaClass type) {
    String below = type.getPackageName().substring(root.length() + 1);
    int dot = below.indexOf('.');
    return dot < 0 ? below : below.substring(0, dot);
  }
}
