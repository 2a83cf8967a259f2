package dev.weft.cli.images;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * A jar without the classes that nothing comes to, without what is for other machines or for tools,
 * and without its signature, which would no longer fit. The same input gives the same bytes.
 */
final class TrimmedJar {
  private static final String SERVICES = "META-INF/services/";
  private static final String MANIFEST = "META-INF/MANIFEST.MF";
  private static final LocalDateTime TIME =
      LocalDateTime.ofInstant(RootFileSystem.TIME, ZoneOffset.UTC);

  /** Sources, descriptions for other tools, signatures. */
  private static final Pattern NOT_TO_RUN =
      Pattern.compile(
          ".*\\.proto|(.*/)?module-info\\.class|META-INF/(maven|native-image|proguard)/.*"
              + "|META-INF/[^/]*\\.(SF|DSA|RSA|EC|kotlin_module)");

  private static final Pattern ONLY_ABOUT =
      Pattern.compile(
          "META-INF/(MANIFEST\\.MF|INDEX\\.LIST|(.*/)?[^/]*(LICENSE|NOTICE|DEPEND)[^/]*)");

  private final ReachableClasses classes;
  private final String natives;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private boolean empty = true;

  private TrimmedJar(ReachableClasses classes, String natives) {
    this.classes = classes;
    this.natives = natives;
  }

  /**
   * What stays of a jar; nothing when that is no more than its licence.
   *
   * @param natives how the names of native libraries for this machine end
   */
  static byte[] of(Path jar, ReachableClasses classes, String natives) throws IOException {
    var trimmed = new TrimmedJar(classes, natives);
    trimmed.copy(jar);
    return trimmed.empty ? new byte[0] : trimmed.bytes.toByteArray();
  }

  private void copy(Path jar) throws IOException {
    try (var zip = new ZipFile(jar.toFile());
        var out = new ZipOutputStream(bytes)) {
      out.setLevel(Deflater.BEST_COMPRESSION);
      for (ZipEntry entry : zip.stream().toList()) {
        if (!entry.isDirectory() && stays(entry.getName())) {
          byte[] content;
          try (var in = zip.getInputStream(entry)) {
            content = fitting(entry.getName(), in.readAllBytes());
          }
          if (content.length > 0 || entry.getSize() == 0) {
            var copied = new ZipEntry(entry.getName());
            copied.setTimeLocal(TIME);
            out.putNextEntry(copied);
            out.write(content);
            out.closeEntry();
            empty &= ONLY_ABOUT.matcher(entry.getName()).matches();
          }
        }
      }
    }
  }

  private boolean stays(String name) {
    if (NOT_TO_RUN.matcher(name).matches()) {
      return false;
    }
    if (ReachableClasses.isClass(name)) {
      return classes.has(name);
    }
    if (name.startsWith("META-INF/native/")) {
      return name.endsWith(natives);
    }
    return !name.startsWith(SERVICES) || classes.serves(name.substring(SERVICES.length()));
  }

  private byte[] fitting(String name, byte[] content) throws IOException {
    if (name.equals(MANIFEST)) {
      var manifest = new Manifest(new ByteArrayInputStream(content));
      // Digests of what was signed.
      manifest.getEntries().clear();
      var written = new ByteArrayOutputStream();
      manifest.write(written);
      return written.toByteArray();
    }
    if (name.startsWith(SERVICES)) {
      List<String> listed = ReachableClasses.providers(new String(content, StandardCharsets.UTF_8));
      return listed.stream()
          .filter(classes::whole)
          .map(provider -> provider + "\n")
          .collect(Collectors.joining())
          .getBytes(StandardCharsets.UTF_8);
    }
    return content;
  }
}
