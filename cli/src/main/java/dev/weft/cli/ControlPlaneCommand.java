package dev.weft.cli;

import dev.weft.controlplane.app.ControlPlaneMain;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Runs a control plane in this process. */
@Command(
    name = "control-plane",
    description = "Run a control plane here; 'weft control-plane --help' lists its options.")
final class ControlPlaneCommand implements Callable<Integer> {
  @Parameters(arity = "0..*", paramLabel = "OPTION", description = "Its options.")
  private List<String> args = new ArrayList<>();

  @Override
  public Integer call() {
    // Returns when it has been told to end; exits by itself when it cannot run.
    ControlPlaneMain.main(args.toArray(String[]::new));
    return 0;
  }
}
