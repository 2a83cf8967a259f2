package dev.weft.cli.install;

import java.util.List;
import java.util.Map;

/** What an installation consists of, for those who look whether it can be made or is complete. */
public final class InstalledObjects {
  private InstalledObjects() {}

  /**
   * The objects of the default overlay; none where this is no distribution.
   *
   * @return objects as their manifests have them
   */
  public static List<Map<?, ?>> read() {
    try {
      return new InstallOptions()
          .objects().stream().<Map<?, ?>>map(ObjectManifest::content).toList();
    } catch (InstallFailed e) {
      return List.of();
    }
  }
}
