package dev.weft.cli.images;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One image as an archive: an OCI image layout 1.0 with {@code manifest.json} beside it, which is
 * what {@code docker load} reads. Layers are not compressed: they are loaded more often than sent.
 */
final class ImageArchive {
  private static final Gson JSON = new GsonBuilder().disableHtmlEscaping().create();
  private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  private static final String CONFIG = "application/vnd.oci.image.config.v1+json";
  private static final String LAYER = "application/vnd.oci.image.layer.v1.tar";

  private ImageArchive() {}

  /**
   * Writes the archive.
   *
   * @param reference name and tag, as manifests name it
   * @return the digest of the image's manifest
   */
  static String write(
      Path archive,
      String reference,
      String architecture,
      Map<String, Object> runConfig,
      List<LayerTar> layers)
      throws IOException {
    byte[] config = config(architecture, runConfig, layers);
    byte[] manifest = manifest(config, layers);
    Path whole = archive.resolveSibling(archive.getFileName() + ".new");
    try (var tar = new TarWriter(new BufferedOutputStream(Files.newOutputStream(whole), 1 << 16))) {
      tar.directory("blobs", 0755);
      tar.directory("blobs/sha256", 0755);
      tar.file(blob(LayerTar.digest(config)), config);
      tar.file(blob(LayerTar.digest(manifest)), manifest);
      for (LayerTar layer : layers) {
        tar.file(blob(layer.digest()), layer.file());
      }
      tar.file("index.json", index(reference, architecture, manifest));
      tar.file(
          "manifest.json",
          json(
              List.of(
                  ordered(
                      "Config",
                      blob(LayerTar.digest(config)),
                      "Layers",
                      layers.stream().map(layer -> blob(layer.digest())).toList(),
                      "RepoTags",
                      List.of(reference)))));
      tar.file("oci-layout", json(Map.of("imageLayoutVersion", "1.0.0")));
    }
    Files.move(whole, archive, StandardCopyOption.REPLACE_EXISTING);
    return LayerTar.digest(manifest);
  }

  private static byte[] config(
      String architecture, Map<String, Object> runConfig, List<LayerTar> layers) {
    String created = RootFileSystem.TIME.toString();
    var history = new ArrayList<Map<String, Object>>();
    for (LayerTar layer : layers) {
      history.add(ordered("created", created, "created_by", "weft images", "comment", name(layer)));
    }
    return json(
        ordered(
            "architecture",
            architecture,
            "os",
            "linux",
            "created",
            created,
            "config",
            runConfig,
            "rootfs",
            ordered(
                "type",
                "layers",
                "diff_ids",
                layers.stream().map(layer -> "sha256:" + layer.digest()).toList()),
            "history",
            history));
  }

  private static String name(LayerTar layer) {
    return layer.layer().display();
  }

  private static byte[] manifest(byte[] config, List<LayerTar> layers) throws IOException {
    var described = new ArrayList<Map<String, Object>>();
    for (LayerTar layer : layers) {
      described.add(descriptor(LAYER, layer.digest(), Files.size(layer.file())));
    }
    return json(
        ordered(
            "schemaVersion",
            2,
            "mediaType",
            MANIFEST,
            "config",
            descriptor(CONFIG, LayerTar.digest(config), config.length),
            "layers",
            described));
  }

  private static byte[] index(String reference, String architecture, byte[] manifest) {
    Map<String, Object> entry = descriptor(MANIFEST, LayerTar.digest(manifest), manifest.length);
    entry.put("platform", ordered("architecture", architecture, "os", "linux"));
    entry.put(
        "annotations",
        ordered(
            "io.containerd.image.name",
            canonical(reference),
            "org.opencontainers.image.ref.name",
            reference.substring(reference.lastIndexOf(':') + 1)));
    return json(ordered("schemaVersion", 2, "manifests", List.of(entry)));
  }

  /** The whole name of a reference: kubelet and Docker understand {@code a:1} as this, too. */
  static String canonical(String reference) {
    int slash = reference.indexOf('/');
    if (slash < 0) {
      return "docker.io/library/" + reference;
    }
    String first = reference.substring(0, slash);
    boolean host = first.contains(".") || first.contains(":") || first.equals("localhost");
    return host ? reference : "docker.io/" + reference;
  }

  private static String blob(String digest) {
    return "blobs/sha256/" + digest;
  }

  private static Map<String, Object> descriptor(String mediaType, String digest, long size) {
    return ordered("mediaType", mediaType, "digest", "sha256:" + digest, "size", size);
  }

  private static byte[] json(Object value) {
    return JSON.toJson(value).getBytes(StandardCharsets.UTF_8);
  }

  /** A map in the order written: the digest depends on it. */
  static Map<String, Object> ordered(Object... keysAndValues) {
    var map = new LinkedHashMap<String, Object>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      map.put((String) keysAndValues[i], keysAndValues[i + 1]);
    }
    return map;
  }
}
