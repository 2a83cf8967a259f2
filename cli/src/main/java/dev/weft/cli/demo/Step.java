package dev.weft.cli.demo;

import dev.weft.cli.demo.load.Load;
import dev.weft.cli.demo.process.DemoFailed;

/**
 * One step of {@code demo --once}: does something to the mesh under load, and checks what comes of
 * it.
 */
interface Step {
  /**
   * Runs on the main thread and leaves the mesh whole for the next step.
   *
   * @throws DemoFailed when the mesh cannot be brought where the check begins
   */
  void run(DemoMesh mesh, Load load, Report report);
}
