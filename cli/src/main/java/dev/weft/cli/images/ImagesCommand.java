package dev.weft.cli.images;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Makes the container images of the control plane and the sidecar. */
@Command(
    name = "images",
    mixinStandardHelpOptions = true,
    description = {
      "Make the container images of the control plane and the sidecar, as archives.",
      "Neither a container daemon nor a registry is needed. Load them with one of:",
      "  ctr -n k8s.io images import FILE",
      "  kind load image-archive FILE",
      "  k3d image import FILE",
      "  docker load -i FILE"
    })
public final class ImagesCommand implements Callable<Integer> {
  private static final double MEGABYTE = 1e6;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "Where the archives go (images, in the distribution).")
  private @Nullable Path output;

  @Option(
      names = "--tag",
      paramLabel = "TAG",
      description = "The images' tag (the version of Weft).")
  private @Nullable String tag;

  @Option(
      names = "--repository",
      paramLabel = "NAME",
      description = "What stands before the images' names, e.g. registry.example.com/weft.")
  private String repository = "";

  @Option(
      names = "--jdk",
      paramLabel = "DIR",
      description = {
        "The JDK that the runtime is linked of (the one that runs this).",
        "One for arm64 makes images for arm64; it needs its jmods, and --sysroot."
      })
  private Path jdk = Path.of(System.getProperty("java.home"));

  @Option(
      names = "--sysroot",
      paramLabel = "DIR",
      description = "With a JDK for another machine: where a Linux of that kind is unpacked.")
  private @Nullable Path sysroot;

  @Override
  public Integer call() throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    try {
      make();
      return 0;
    } catch (ImagesFailed e) {
      err.println("error: " + e.getMessage());
      err.flush();
      return 1;
    }
  }

  private void make() throws IOException {
    if (!System.getProperty("os.name").equals("Linux")) {
      throw new ImagesFailed("images are made on Linux: they hold libraries of the system");
    }
    Machine machine = Machine.of(jdk, sysroot);
    Path distribution = Path.of(System.getProperty("weft.home", "")).toAbsolutePath();
    Path folder =
        (output == null ? distribution.resolve("images") : output).toAbsolutePath().normalize();
    Path work = folder.resolve("work");
    var training = new Training(folder.resolve("aot"));
    var images = new ArrayList<Image>();
    for (Program program :
        List.of(Program.controlPlane(distribution), Program.sidecar(distribution))) {
      var root = new RootFileSystem(work.resolve(program.name()));
      LinkedRuntime.addTo(root, machine, program.modules());
      var files = new ProgramFiles(program, root, machine);
      SystemLibraries.addTo(root, program, machine);
      for (String tool : program.tools()) {
        SystemLibraries.addTool(root, tool, machine);
      }
      training.add(program, files, root);
      images.add(new Image(program, root, files));
    }
    if (machine.own()) {
      training.run();
    } else {
      spec.commandLine()
          .getErr()
          .println(
              "note: without ahead-of-time caches, which are made by running the programs: these"
                  + " images start slower and take more memory than those that are made on "
                  + machine.architecture());
    }
    for (Image image : images) {
      image.files().writeStart();
      write(image, machine, folder, work);
    }
    RootFileSystem.delete(work);
  }

  private record Image(Program program, RootFileSystem root, ProgramFiles files) {}

  private void write(Image image, Machine machine, Path folder, Path work) throws IOException {
    Program program = image.program();
    String reference =
        (repository.isEmpty() ? "" : repository + "/") + program.name() + ":" + tagOrVersion();
    var layers = new ArrayList<LayerTar>();
    for (Layer layer : Layer.values()) {
      if (!image.root().paths(layer).isEmpty()) {
        Path file = work.resolve(program.name() + "-" + layer.display() + ".tar");
        layers.add(LayerTar.write(image.root(), layer, file));
      }
    }
    Path archive = folder.resolve(program.name() + ".tar");
    String digest =
        ImageArchive.write(archive, reference, machine.architecture(), config(image), layers);
    PrintWriter out = spec.commandLine().getOut();
    long bytes = 0;
    var parts = new ArrayList<String>();
    for (LayerTar layer : layers) {
      long size = image.root().size(layer.layer());
      bytes += size;
      parts.add(layer.layer().display() + " " + megabytes(size));
    }
    out.println(reference + "  sha256:" + digest);
    out.println("  " + megabytes(bytes) + " MB unpacked: " + String.join(", ", parts));
    out.println("  " + archive);
    out.flush();
  }

  private String tagOrVersion() {
    return tag != null
        ? tag
        : Objects.requireNonNullElse(
            ImagesCommand.class.getPackage().getImplementationVersion(), "latest");
  }

  private Map<String, Object> config(Image image) {
    Program program = image.program();
    var environment = new ArrayList<String>();
    environment.add("PATH=/usr/sbin:/usr/bin:/sbin:/bin");
    environment.addAll(program.environment());
    return ImageArchive.ordered(
        "User",
        program.user() + ":" + program.user(),
        "Env",
        environment,
        "Entrypoint",
        image.files().entryPoint(),
        "WorkingDir",
        "/",
        "Labels",
        ImageArchive.ordered(
            "org.opencontainers.image.title",
            program.name(),
            "org.opencontainers.image.version",
            tagOrVersion()));
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f", bytes / MEGABYTE);
  }
}
