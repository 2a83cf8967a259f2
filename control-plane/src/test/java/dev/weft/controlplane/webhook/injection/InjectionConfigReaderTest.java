package dev.weft.controlplane.webhook.injection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.controlplane.webhook.injection.InjectionConfig.NativeSidecars;
import dev.weft.controlplane.webhook.injection.InjectionConfig.Validation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The document of the ConfigMap, and what is wrong with others. */
class InjectionConfigReaderTest {
  private static final InjectionConfig STANDARD = InjectionConfig.standard("weft-sidecar:VERSION");

  @Test
  void the_document_that_is_installed_says_the_defaults() throws Exception {
    InjectionConfig config =
        InjectionConfigReader.read("c", installed(), STANDARD.withImage("other"));

    assertThat(config.image()).startsWith("weft-sidecar:");
    assertThat(config).isEqualTo(STANDARD.withImage(config.image()));
  }

  @Test
  void what_is_left_out_has_its_default() throws Exception {
    InjectionConfig config =
        InjectionConfigReader.read(
            "c",
            """
            nativeSidecars: off
            validation: warn
            resources: {limits: {memory: 1Gi}}
            exclude: {outboundPorts: [5432, 9000-9010]}
            """,
            STANDARD);

    assertThat(config.image()).isEqualTo(STANDARD.image());
    assertThat(config.nativeSidecars()).isEqualTo(NativeSidecars.OFF);
    assertThat(config.validation()).isEqualTo(Validation.WARN);
    assertThat(config.resources().memoryLimit()).isEqualTo("1Gi");
    assertThat(config.resources().memory()).isEqualTo(STANDARD.resources().memory());
    assertThat(config.exclusions().outboundPorts()).containsExactly("5432", "9000-9010");
    assertThat(config.exclusions().inboundPorts()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "imgae: x | c:1: imgae unknown field; did you mean \"image\"?",
        "image: '' | c:1: image is \"\", expected an image",
        "resources: {limits: {memory: 10Mi}} | resources.limits.memory is \"10Mi\", expected an"
            + " amount of memory from 88Mi up",
        "resources: {limit: {}} | resources.limit unknown field; did you mean \"limits\"?",
        "exclude: {uids: [1, root]} | exclude.uids[1] is \"root\", expected a user id",
        "nativeSidecars: maybe | nativeSidecars is \"maybe\", expected auto, on or off",
        "tokenSeconds: 60 | tokenSeconds is 60, expected a whole number from 600 to 86400",
        "controlPlane: {address: here} | controlPlane.address is \"here\", expected HOST:PORT",
        "dns: on | dns is \"on\", expected true or false",
        "scrape: 1 | scrape is 1, expected true or false",
        "'[1' | is not well-formed YAML",
      })
  void what_is_wrong_is_said_with_its_place(String document, String message) {
    assertThatThrownBy(() -> InjectionConfigReader.read("c", document, STANDARD))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining(message);
  }

  /** The document within the manifest that is to be installed. */
  private static String installed() throws IOException {
    String manifest = Files.readString(Path.of("../deploy/k8s/base/injector.yaml"));
    return Json.text(Pods.read(manifest), "data", InjectionConfigReader.KEY);
  }
}
