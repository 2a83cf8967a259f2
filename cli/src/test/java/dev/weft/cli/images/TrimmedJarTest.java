package dev.weft.cli.images;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stays of a jar of this test's own classes, from one of them on. */
class TrimmedJarTest {
  private static final String US = TrimmedJarTest.class.getName().replace('.', '/') + "$";
  private static final List<Class<?>> ALL =
      List.of(
          Start.class,
          Called.class,
          InType.class,
          ByName.class,
          ByNative.class,
          Marked.class,
          InAnnotation.class,
          Service.class,
          Provider.class,
          OtherService.class,
          OtherProvider.class,
          Interface.class,
          Kind.class,
          KindBuilder.class,
          Named.class,
          NamedBuilder.class,
          Optional.class,
          Nobody.class);

  @TempDir private Path folder = Path.of("");

  static final class Start {
    List<InType> types = new ArrayList<>();

    List<Object> run() throws ReflectiveOperationException {
      return List.of(
          Service.class,
          Interface.kinds(),
          Named.builder(),
          Optional.class,
          Class.forName("dev.weft.cli.images.TrimmedJarTest$ByName"),
          new Called());
    }
  }

  @Marked(InAnnotation.class)
  static final class Called {}

  static final class InType {}

  static final class ByName {}

  static final class ByNative {}

  @Retention(RetentionPolicy.RUNTIME)
  @interface Marked {
    Class<?> value();
  }

  static final class InAnnotation {}

  interface Service {}

  static final class Provider implements Service {}

  interface OtherService {}

  static final class OtherProvider implements OtherService {}

  /** A library's, which offers more than is used. */
  static final class Interface {
    static Object kinds() {
      return List.of(Kind.class, Named.class);
    }
  }

  static final class Kind {
    static Object builder() {
      return new KindBuilder();
    }
  }

  static final class KindBuilder {}

  static final class Named {
    static Object builder() {
      return new NamedBuilder();
    }
  }

  static final class NamedBuilder {}

  static final class Optional {}

  static final class Nobody {}

  @Test
  void what_is_named_stays_and_nothing_else() throws IOException {
    assertThat(trimmed().keySet())
        .containsExactlyInAnyOrder(
            "META-INF/MANIFEST.MF",
            "META-INF/LICENSE",
            "META-INF/native/liba_linux_x86_64.so",
            "META-INF/services/" + Service.class.getName(),
            "resource.txt",
            classFile(Start.class),
            classFile(Called.class),
            classFile(InType.class),
            classFile(ByName.class),
            classFile(ByNative.class),
            classFile(Marked.class),
            classFile(InAnnotation.class),
            classFile(Service.class),
            classFile(Provider.class),
            classFile(Interface.class),
            classFile(Kind.class),
            classFile(Named.class),
            classFile(NamedBuilder.class));
  }

  @Test
  void services_list_what_is_there_and_a_manifest_no_digests() throws IOException {
    var entries = trimmed();

    assertThat(entries.get("META-INF/services/" + Service.class.getName()))
        .isEqualTo(Provider.class.getName() + "\n");
    assertThat(entries.get("META-INF/MANIFEST.MF"))
        .contains("Multi-Release: true")
        .doesNotContain("Digest");
  }

  @Test
  void the_same_jar_gives_the_same_bytes_and_one_that_nobody_needs_none() throws IOException {
    Path jar = jar("first.jar", ALL);
    Path unused = jar("unused.jar", List.of(Nobody.class));
    ReachableClasses classes = ReachableClasses.of(List.of(jar), reach());

    assertThat(TrimmedJar.of(jar, classes, "_x86_64.so"))
        .isEqualTo(TrimmedJar.of(jar, classes, "_x86_64.so"));
    assertThat(
            TrimmedJar.of(
                strip(unused), ReachableClasses.of(List.of(unused), reach()), "_x86_64.so"))
        .isEmpty();
  }

  private static Reach reach() {
    return new Reach(
        US + "Start",
        List.of(US + "ByNative"),
        List.of(US + "Optional"),
        List.of(
            new Reach.Offer(US + "Interface", Pattern.compile(Pattern.quote(US) + "(Kind|Named)"))),
        Set.of());
  }

  private Map<String, String> trimmed() throws IOException {
    Path jar = jar("all.jar", ALL);
    byte[] bytes =
        TrimmedJar.of(jar, ReachableClasses.of(List.of(jar), reach()), "_linux_x86_64.so");
    Path trimmed = Files.write(folder.resolve("trimmed.jar"), bytes);
    var entries = new TreeMap<String, String>();
    try (var file = new JarFile(trimmed.toFile())) {
      for (ZipEntry entry : file.stream().toList()) {
        entries.put(
            entry.getName(),
            new String(file.getInputStream(entry).readAllBytes(), StandardCharsets.ISO_8859_1));
      }
    }
    return entries;
  }

  /** Without what stays of any jar. */
  private Path strip(Path jar) throws IOException {
    Path bare = folder.resolve("bare.jar");
    try (var from = new JarFile(jar.toFile());
        var out = new ZipOutputStream(Files.newOutputStream(bare))) {
      for (ZipEntry entry : from.stream().toList()) {
        if (!entry.getName().equals("resource.txt") && !entry.getName().endsWith(".so")) {
          out.putNextEntry(new ZipEntry(entry.getName()));
          from.getInputStream(entry).transferTo(out);
        }
      }
    }
    return bare;
  }

  private Path jar(String name, List<Class<?>> classes) throws IOException {
    Path jar = folder.resolve(name);
    try (var out = new ZipOutputStream(Files.newOutputStream(jar))) {
      put(
          out,
          "META-INF/MANIFEST.MF",
          "Manifest-Version: 1.0\nMulti-Release: true\n\nName: a/B.class\nSHA-256-Digest: abc=\n\n");
      put(out, "META-INF/SIGNER.SF", "signature");
      put(out, "META-INF/LICENSE", "licence");
      put(out, "META-INF/maven/pom.xml", "<project/>");
      put(out, "META-INF/native/liba_linux_x86_64.so", "library");
      put(out, "META-INF/native/liba_osx_x86_64.jnilib", "library");
      put(
          out,
          "META-INF/services/" + Service.class.getName(),
          "# ours\n" + Provider.class.getName() + " # the only one\n");
      put(
          out,
          "META-INF/services/" + OtherService.class.getName(),
          OtherProvider.class.getName() + "\n");
      put(out, "a.proto", "syntax");
      put(out, "resource.txt", "text");
      for (Class<?> each : classes) {
        out.putNextEntry(new ZipEntry(classFile(each)));
        try (var in = TrimmedJarTest.class.getResourceAsStream("/" + classFile(each))) {
          Objects.requireNonNull(in).transferTo(out);
        }
      }
    }
    return jar;
  }

  private static void put(ZipOutputStream out, String name, String text) throws IOException {
    out.putNextEntry(new ZipEntry(name));
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String classFile(Class<?> type) {
    return type.getName().replace('.', '/') + ".class";
  }
}
