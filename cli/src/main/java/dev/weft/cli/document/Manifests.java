package dev.weft.cli.document;

import dev.weft.cli.connection.Failures.CommandFailed;
import dev.weft.proto.policy.v1.ApplyRequest;
import dev.weft.proto.policy.v1.Manifest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** The manifests that {@code -f} names. */
public final class Manifests {
  @Option(
      names = {"-f", "--filename"},
      paramLabel = "FILE",
      description =
          "A file of YAML or JSON documents, a folder of such files (.yaml, .yml, .json), or - for standard"
              + " input. Repeatable.")
  private List<String> names = new ArrayList<>();

  @Option(
      names = {"-R", "--recursive"},
      description = "Also the folders within a folder.")
  private boolean recursive;

  public boolean isEmpty() {
    return names.isEmpty();
  }

  /**
   * Reads all of them.
   *
   * @throws CommandFailed when one cannot be read, or there is nothing in a folder
   */
  public ApplyRequest read(InputStream standardInput) {
    ApplyRequest.Builder request = ApplyRequest.newBuilder();
    for (String name : names) {
      if (name.equals("-")) {
        request.addManifests(manifest("-", standardInput));
      } else {
        for (Path file : files(name)) {
          try (InputStream in = Files.newInputStream(file)) {
            request.addManifests(manifest(file.toString(), in));
          } catch (IOException e) {
            throw unreadable(file.toString(), e);
          }
        }
      }
    }
    return request.build();
  }

  private List<Path> files(String name) {
    Path path = Path.of(name);
    if (!Files.exists(path)) {
      throw new CommandFailed("there is no file or folder '" + name + "'");
    }
    if (!Files.isDirectory(path)) {
      return List.of(path);
    }
    try (Stream<Path> walk = Files.walk(path, recursive ? Integer.MAX_VALUE : 1)) {
      List<Path> found =
          walk.filter(Files::isRegularFile)
              .filter(file -> file.getFileName().toString().matches(".*\\.(yaml|yml|json)"))
              .sorted()
              .toList();
      if (found.isEmpty()) {
        throw new CommandFailed(
            "the folder '" + name + "' has no .yaml, .yml or .json file" + hint());
      }
      return found;
    } catch (IOException e) {
      throw unreadable(name, e);
    }
  }

  private String hint() {
    return recursive ? "" : " (-R also looks into the folders within)";
  }

  private static Manifest manifest(String name, InputStream in) {
    try {
      return Manifest.newBuilder()
          .setName(name)
          .setContent(new String(in.readAllBytes(), StandardCharsets.UTF_8))
          .build();
    } catch (IOException e) {
      throw unreadable(name, e);
    }
  }

  private static CommandFailed unreadable(String name, IOException e) {
    return new CommandFailed(
        "'" + name + "' cannot be read: " + e.getClass().getSimpleName() + ": " + e.getMessage());
  }
}
