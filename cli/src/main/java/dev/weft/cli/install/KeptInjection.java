package dev.weft.cli.install;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a person has written into the ConfigMap {@code weft-injector}, in its manifest of another
 * version: all of it stays, but for the sidecar's image. Pure.
 */
final class KeptInjection {
  private static final Pattern BLOCK = Pattern.compile("(?m)^  config\\.yaml: \\|\\n");

  /** The sidecar's image, under our name, wherever it comes from. */
  private static final Pattern IMAGE =
      Pattern.compile("(?m)^(image:\\s*[\"']?)(\\S*?)(weft-sidecar:[^\\s\"'#]+)");

  private static final String INDENT = "    ";

  private KeptInjection() {}

  static boolean concerns(ObjectManifest object) {
    return object.kind().equals("ConfigMap") && object.name().equals("weft-injector");
  }

  /**
   * The manifest with the document.
   *
   * @param manifest as this version has it
   * @param document as the cluster has it
   * @param moves whether the image comes from where the manifest says, and not from where it came
   */
  static String in(String manifest, String document, boolean moves) {
    Matcher block = BLOCK.matcher(manifest);
    if (document.isBlank() || !block.find()) {
      return manifest;
    }
    Matcher ours = IMAGE.matcher(manifest.substring(block.end()).indent(-INDENT.length()));
    String kept =
        ours.find()
            ? IMAGE
                .matcher(document)
                .replaceFirst(
                    found ->
                        Matcher.quoteReplacement(
                            found.group(1) + (moves ? ours : found).group(2) + ours.group(3)))
            : document;
    // With its indentation said: the document may begin with blanks.
    return manifest.substring(0, block.start())
        + "  config.yaml: |2\n"
        + kept.lines()
            .map(line -> line.isEmpty() ? "" : INDENT + line)
            .collect(Collectors.joining("\n", "", "\n"));
  }

  /** Whether the document names the sidecar's image under our name, or not at all. */
  static boolean replacesImage(String document) {
    return IMAGE.matcher(document).find()
        || document.lines().noneMatch(line -> line.startsWith("image:"));
  }
}
