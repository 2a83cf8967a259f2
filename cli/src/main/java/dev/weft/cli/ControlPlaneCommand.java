package dev.weft.cli;

import java.lang.reflect.InvocationTargetException;
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
  public Integer call() throws Exception {
    try {
      Class.forName("dev.weft.controlplane.app.ControlPlaneMain")
          .getMethod("main", String[].class)
          .invoke(null, (Object) args.toArray(String[]::new));
    } catch (InvocationTargetException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
    return 0;
  }
}
