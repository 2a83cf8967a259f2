package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Gateway API's own suite, the mesh profiles with every feature, says what is published. {@code
 * WEFT_CONFORMANCE} is a program that runs it on the cluster of {@code KUBECONFIG}, gives the
 * suite's namespaces the labels in {@code NAMESPACE_LABELS} and writes its report to {@code
 * REPORT}, which stays in {@code dist/target/conformance.yaml} to be published.
 */
@ClusterTest
@ExtendWith(InstalledMeshExtension.class)
final class ConformanceTest {
  private static final Path PUBLISHED = Path.of("../docs/conformance/gateway-api-v1.6.3-mesh.yaml");
  private static final Path REPORT = Path.of("target/conformance.yaml");

  @Test
  @Tag("long")
  void theMeshProfilesPassWholeAsPublished(
      Cluster cluster, InstalledMesh mesh, @TempDir Path folder) throws Exception {
    String program = System.getenv("WEFT_CONFORMANCE");
    assumeTrue(program != null, "needs WEFT_CONFORMANCE, the program that runs the suite");
    Files.deleteIfExists(REPORT);
    File output = folder.resolve("output").toFile();
    var suite = new ProcessBuilder(program).redirectErrorStream(true).redirectOutput(output);
    suite.environment().put("KUBECONFIG", cluster.kubeconfig().toString());
    suite.environment().put("NAMESPACE_LABELS", "weft.dev/inject=enabled");
    suite.environment().put("REPORT", REPORT.toAbsolutePath().toString());

    assertThat(suite.start().waitFor())
        .as(
            () ->
                String.join(
                    "\n",
                    lines(output.toPath()).stream()
                        .filter(line -> line.matches("\\s*--- FAIL.*|.*expectation failed.*"))
                        .toList()))
        .isZero();

    assertThat(lines(REPORT)).noneMatch(line -> line.matches("\\s*(Failed|Skipped): [1-9].*"));
    assertThat(profiles(REPORT)).isEqualTo(profiles(PUBLISHED));
  }

  /** What it says of the profiles: their features and how many tests of each passed. */
  private static List<String> profiles(Path report) {
    List<String> lines = lines(report);
    int first = lines.indexOf("profiles:");
    assertThat(first).as("profiles in " + report).isNotNegative();
    return lines.subList(first, lines.size()).stream().takeWhile(line -> !line.isBlank()).toList();
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
