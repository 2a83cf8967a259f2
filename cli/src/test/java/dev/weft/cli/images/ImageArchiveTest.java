package dev.weft.cli.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What archives hold, as the system's {@code tar} reads them, and that they hold nothing else. */
class ImageArchiveTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void a_layer_depends_on_names_modes_and_content_alone() throws IOException {
    LayerTar first = layer("first", Instant.parse("2026-03-04T05:06:07Z"));
    LayerTar second = layer("second", Instant.parse("2027-03-04T05:06:07Z"));

    assertThat(first.digest()).isEqualTo(second.digest());
    assertThat(
            Commands.succeed(
                    "tar",
                    List.of(
                        "tar",
                        "--utc",
                        "--full-time",
                        "--numeric-owner",
                        "-tvf",
                        first.file().toString()))
                .lines()
                .map(line -> line.replaceAll(" +", " ")))
        .containsExactly(
            "drwxrwxrwt 0/0 0 2026-01-01 00:00:00 tmp/",
            "drwxr-xr-x 0/0 0 2026-01-01 00:00:00 weft/",
            "-rw-r--r-- 0/0 5 2026-01-01 00:00:00 weft/file",
            "lrwxrwxrwx 0/0 0 2026-01-01 00:00:00 weft/link -> file",
            "-rwxr-xr-x 0/0 7 2026-01-01 00:00:00 weft/program");
  }

  private LayerTar layer(String name, Instant time) throws IOException {
    var root = new RootFileSystem(folder.resolve(name));
    Path source = Files.writeString(folder.resolve(name + ".sh"), "program");
    source.toFile().setExecutable(true);
    Files.setLastModifiedTime(source, FileTime.from(time));
    root.file(Layer.PROGRAM, source, "/weft/program");
    root.text(Layer.PROGRAM, "/weft/file", "hello");
    Files.createSymbolicLink(root.at("/weft/link"), Path.of("file"));
    root.adopt(Layer.PROGRAM, "/weft/link");
    root.directory(Layer.PROGRAM, "/tmp");
    return LayerTar.write(root, Layer.PROGRAM, folder.resolve(name + ".tar"));
  }

  @Test
  void an_archive_is_a_layout_of_oci_and_what_docker_loads() throws IOException {
    LayerTar layer = layer("image", Instant.EPOCH);
    Path archive = folder.resolve("image-archive.tar");

    String digest = write(archive, layer);
    byte[] bytes = Files.readAllBytes(archive);

    assertThat(write(archive, layer)).isEqualTo(digest);
    assertThat(Files.readAllBytes(archive)).isEqualTo(bytes);
    JsonObject entry =
        json(archive, "index.json").getAsJsonArray("manifests").get(0).getAsJsonObject();
    assertThat(entry.get("digest").getAsString()).isEqualTo("sha256:" + digest);
    assertThat(entry.getAsJsonObject("annotations").get("io.containerd.image.name").getAsString())
        .isEqualTo("docker.io/library/weft-sidecar:1");
    JsonObject manifest = json(archive, "blobs/sha256/" + digest);
    assertThat(
            manifest.getAsJsonArray("layers").get(0).getAsJsonObject().get("digest").getAsString())
        .isEqualTo("sha256:" + layer.digest());
    String config =
        manifest.getAsJsonObject("config").get("digest").getAsString().replace("sha256:", "");
    assertThat(json(archive, "blobs/sha256/" + config).getAsJsonObject("config").toString())
        .isEqualTo("{\"User\":\"1337:1337\"}");
    assertThat(
            JsonParser.parseString(text(archive, "manifest.json"))
                .getAsJsonArray()
                .get(0)
                .getAsJsonObject()
                .get("RepoTags")
                .toString())
        .isEqualTo("[\"weft-sidecar:1\"]");
  }

  private static String write(Path archive, LayerTar layer) throws IOException {
    return ImageArchive.write(
        archive, "weft-sidecar:1", "amd64", Map.of("User", "1337:1337"), List.of(layer));
  }

  private static JsonObject json(Path archive, String name) throws IOException {
    return JsonParser.parseString(text(archive, name)).getAsJsonObject();
  }

  private static String text(Path archive, String name) throws IOException {
    return Commands.succeed("tar", List.of("tar", "-xOf", archive.toString(), name));
  }

  @Test
  void a_name_without_a_registry_has_its_whole_name_in_containerd() {
    assertThat(ImageArchive.canonical("weft-sidecar:1"))
        .isEqualTo("docker.io/library/weft-sidecar:1");
    assertThat(ImageArchive.canonical("weft/sidecar:1")).isEqualTo("docker.io/weft/sidecar:1");
    assertThat(ImageArchive.canonical("example.com/weft/sidecar:1"))
        .isEqualTo("example.com/weft/sidecar:1");
    assertThat(ImageArchive.canonical("localhost/sidecar:1")).isEqualTo("localhost/sidecar:1");
  }

  @Test
  void long_paths_are_kept_and_longer_ones_refused() throws IOException {
    String part = "a".repeat(90);
    Path archive = folder.resolve("long.tar");
    var bytes = new ByteArrayOutputStream();
    try (var tar = new TarWriter(bytes)) {
      tar.file(part + "/" + part, "x".getBytes(StandardCharsets.UTF_8));
      assertThatThrownBy(() -> tar.file("b".repeat(101), new byte[0]))
          .isInstanceOf(ImagesFailed.class)
          .hasMessageContaining("too long");
    }
    Files.write(archive, bytes.toByteArray());

    assertThat(Commands.succeed("tar", List.of("tar", "-tf", archive.toString())).strip())
        .isEqualTo(part + "/" + part);
  }
}
