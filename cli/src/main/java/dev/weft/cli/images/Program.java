package dev.weft.cli.images;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A program of the distribution that becomes an image of its own.
 *
 * @param name of the image, and of the program's file of flags
 * @param home the folder of the distribution that has its {@code lib} and {@code conf}
 * @param main its main class
 * @param script where the file is that starts it, empty: none. Its main class is given the file's
 *     path first
 * @param user number of the user and the group that it runs as
 * @param userName what that user is called
 * @param modules the JDK's modules that it uses
 * @param environment {@code NAME=value}
 * @param tools programs of the system that it runs
 * @param reach where the classes begin that stay in the image; null: all stay
 */
record Program(
    String name,
    Path home,
    String main,
    String script,
    int user,
    String userName,
    List<String> modules,
    List<String> environment,
    List<String> tools,
    @Nullable Reach reach) {
  static final String CONTROL_PLANE = "weft-control-plane";
  static final String SIDECAR = "weft-sidecar";

  static Program controlPlane(Path distribution) {
    return new Program(
        CONTROL_PLANE,
        distribution,
        "dev.weft.controlplane.app.ControlPlaneMain",
        "",
        65532,
        "weft",
        List.of(
            "java.base",
            "java.logging",
            "java.management",
            "java.naming",
            "java.net.http",
            "jdk.httpserver",
            "jdk.unsupported"),
        // A few threads that work; each arena keeps what its busiest moment took.
        List.of("MALLOC_ARENA_MAX=2"),
        List.of(),
        Reach.CONTROL_PLANE);
  }

  /**
   * Its user is what interception leaves alone, and its script is what hooks of pods run, so both
   * are part of the injection's contract.
   */
  static Program sidecar(Path distribution) {
    return new Program(
        SIDECAR,
        distribution.resolve("sidecar"),
        "dev.weft.sidecar.app.SidecarScript",
        "/weft/bin/sidecar",
        1337,
        "weft",
        List.of("java.base", "java.logging", "java.management", "jdk.unsupported"),
        // See the start script: a proxy's few threads gain nothing from more arenas.
        List.of("MALLOC_ARENA_MAX=1"),
        List.of("nft"),
        null);
  }

  Path options() {
    return home.resolve("conf").resolve(name + ".options");
  }
}
