package dev.weft.cli.dashboards;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.ConstantPool;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.StringEntry;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The names of the meters that a program's classes have in them: also of those that are exported
 * only after something has happened, and so are missed by whoever looks at what is exported.
 */
final class MeterNames {
  private static final String METERS = "io/micrometer/core/instrument/";
  private static final Pattern NAME = Pattern.compile("weft(\\.[a-z]+)+");

  private MeterNames() {}

  /** Of all classes that come from where this one does, as Prometheus spells them. */
  static Set<String> in(Class<?> program) throws Exception {
    URI source = program.getProtectionDomain().getCodeSource().getLocation().toURI();
    Path root = Path.of(source);
    if (Files.isDirectory(root)) {
      return below(root);
    }
    try (FileSystem jar = FileSystems.newFileSystem(root)) {
      return below(jar.getPath("/"));
    }
  }

  private static Set<String> below(Path root) throws IOException {
    List<Path> classes;
    try (Stream<Path> files = Files.walk(root)) {
      classes = files.filter(file -> file.toString().endsWith(".class")).toList();
    }
    var names = new TreeSet<String>();
    for (Path file : classes) {
      names(ClassFile.of().parse(Files.readAllBytes(file)).constantPool(), names);
    }
    return names;
  }

  private static void names(ConstantPool constants, Set<String> names) {
    boolean meters = false;
    var found = new TreeSet<String>();
    for (PoolEntry entry : constants) {
      if (entry instanceof ClassEntry type) {
        meters |= type.asInternalName().startsWith(METERS);
      } else if (entry instanceof StringEntry text && NAME.matcher(text.stringValue()).matches()) {
        found.add(text.stringValue().replace('.', '_'));
      }
    }
    if (meters) {
      names.addAll(found);
    }
  }
}
