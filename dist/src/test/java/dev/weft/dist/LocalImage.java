package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * An image of programs of this machine with the libraries that they need, for a cluster that can
 * pull nothing; without a shell. In the archive format of Docker, which containerd, kind and k3d
 * load, too.
 */
final class LocalImage {
  private static final Pattern FILE = Pattern.compile("(/\\S+)");

  private LocalImage() {}

  /**
   * Makes an image and loads it into the cluster; where a program is missing, the test is left out.
   *
   * @param reference name and tag
   */
  static void load(InstalledMesh mesh, Path folder, String reference, String... programs)
      throws Exception {
    var files = new ArrayList<Path>();
    for (String name : programs) {
      Optional<Path> file = program(name);
      assumeTrue(file.isPresent(), "needs " + name + " on this machine: install it");
      files.add(file.get());
    }
    mesh.load(make(Files.createTempDirectory(folder, "image"), reference, files));
  }

  /** Also where servers are, which are not on everybody's PATH. */
  private static Optional<Path> program(String name) {
    return Stream.of("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin")
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static Path make(Path folder, String reference, List<Path> programs) throws Exception {
    Path root = Files.createDirectories(folder.resolve("root"));
    for (String each : List.of("tmp", "etc", "proc", "sys", "dev")) {
      Files.createDirectories(root.resolve(each));
    }
    Files.setPosixFilePermissions(
        root.resolve("tmp"), PosixFilePermissions.fromString("rwxrwxrwx"));
    Files.writeString(
        root.resolve("etc/passwd"), "root:x:0:0:root:/:/\nnobody:x:65534:65534:nobody:/:/\n");
    Files.writeString(root.resolve("etc/group"), "root:x:0:\nnogroup:x:65534:\n");
    Files.writeString(root.resolve("etc/nsswitch.conf"), "hosts: files dns\n");
    for (Path program : programs) {
      copy(program, root);
      for (Path library : libraries(program)) {
        copy(library, root);
      }
    }
    Path layer = folder.resolve("layer.tar");
    run("tar", "--owner=0", "--group=0", "-C", root.toString(), "-cf", layer.toString(), ".");
    Files.writeString(
        folder.resolve("config.json"),
        """
        {"architecture": "%s", "os": "linux", "created": "1970-01-01T00:00:00Z",
         "config": {"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"]},
         "rootfs": {"type": "layers", "diff_ids": ["sha256:%s"]}}
        """
            .formatted(
                System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64",
                HexFormat.of()
                    .formatHex(
                        MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(layer)))));
    Files.writeString(
        folder.resolve("manifest.json"),
        """
        [{"Config": "config.json", "RepoTags": ["%s"], "Layers": ["layer.tar"]}]
        """
            .formatted(reference));
    Path archive = folder.resolve("image.tar");
    run(
        "tar",
        "-C",
        folder.toString(),
        "-cf",
        archive.toString(),
        "manifest.json",
        "config.json",
        "layer.tar");
    return archive;
  }

  /** To where the loader looks for it, whatever stands behind that name here. */
  private static void copy(Path file, Path root) throws IOException {
    Path target = root.resolve(file.toString().substring(1));
    Files.createDirectories(target.getParent());
    Files.copy(
        file.toRealPath(),
        target,
        StandardCopyOption.REPLACE_EXISTING,
        StandardCopyOption.COPY_ATTRIBUTES);
  }

  /** A static program has none, and ldd says so with a status. */
  private static List<Path> libraries(Path program) throws Exception {
    Process ldd =
        new ProcessBuilder("ldd", program.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String printed = new String(ldd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return ldd.waitFor() != 0
        ? List.of()
        : FILE.matcher(printed).results().map(found -> Path.of(found.group(1))).toList();
  }

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(String.join(" ", command) + ": " + out).isZero();
  }
}
