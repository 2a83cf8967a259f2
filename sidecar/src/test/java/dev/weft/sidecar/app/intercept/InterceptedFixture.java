package dev.weft.sidecar.app.intercept;

import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;

/** Machines with sidecars behind the rules of one program, for all tests of a class. */
abstract class InterceptedFixture {
  private @Nullable InterceptedMachines machines;

  @Parameter @Nullable RulesBy program;
  @TempDir static @Nullable Path logs;

  @BeforeParameterizedClassInvocation
  final void start() {
    machines =
        InterceptedMachines.start(Objects.requireNonNull(logs), Objects.requireNonNull(program));
  }

  @AfterParameterizedClassInvocation
  final void stop() {
    InterceptedMachines started = machines;
    machines = null;
    if (started != null) {
      started.close();
    }
  }

  final InterceptedMachines machines() {
    return Objects.requireNonNull(machines);
  }

  final Namespaces net() {
    return machines().net();
  }

  final Callers calls() {
    return machines().calls();
  }
}
