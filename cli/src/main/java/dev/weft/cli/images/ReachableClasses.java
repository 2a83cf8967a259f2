package dev.weft.cli.images;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The classes of some jars that a program can come to: whatever a class names that stays, in code,
 * types, annotations or text (a class may be loaded by its name), stays; and the providers of
 * services that stay. A class is all or nothing.
 */
final class ReachableClasses {
  private static final String SERVICES = "META-INF/services/";
  private static final String VERSIONS = "META-INF/versions/";
  private static final String CLASS = ".class";

  /** What separates types in descriptors and signatures. */
  private static final Pattern SEPARATORS = Pattern.compile("[();<>\\[:+*.^]");

  private final Reach reach;
  private final Map<String, List<Source>> sources = new HashMap<>();
  private final Map<String, Set<String>> providers = new HashMap<>();
  private final Set<String> followed = new HashSet<>();
  private final Set<String> offered = new HashSet<>();
  private final Deque<String> open = new ArrayDeque<>();

  /** A class file; a jar may have one for each version of Java. */
  private record Source(ZipFile jar, ZipEntry entry) {
    byte[] bytes() throws IOException {
      try (var in = jar.getInputStream(entry)) {
        return in.readAllBytes();
      }
    }
  }

  private ReachableClasses(Reach reach) {
    this.reach = reach;
  }

  static ReachableClasses of(List<Path> jars, Reach reach) throws IOException {
    var classes = new ReachableClasses(reach);
    var opened = new ArrayList<ZipFile>();
    try {
      for (Path jar : jars) {
        var zip = new ZipFile(jar.toFile());
        opened.add(zip);
        classes.read(zip);
      }
      classes.follow();
    } finally {
      for (ZipFile zip : opened) {
        zip.close();
      }
    }
    return classes;
  }

  /** Whether an entry of a jar, a class file, stays. */
  boolean has(String entry) {
    String name = className(entry);
    return followed.contains(name) || offered.contains(name);
  }

  /** Whether a service stays. */
  boolean serves(String service) {
    return followed.contains(service.replace('.', '/'));
  }

  /** Whether a class stays with what it names; as a service's list has it. */
  boolean whole(String provider) {
    return followed.contains(provider.replace('.', '/'));
  }

  static boolean isClass(String entry) {
    return entry.endsWith(CLASS);
  }

  /** The name of the class that an entry holds, whichever version of Java it is for. */
  private static String className(String entry) {
    int from = entry.startsWith(VERSIONS) ? entry.indexOf('/', VERSIONS.length()) + 1 : 0;
    return entry.substring(from, entry.length() - CLASS.length());
  }

  /** The providers that a service's file lists. */
  static List<String> providers(String text) {
    return text.lines()
        .map(line -> line.replaceFirst("#.*", "").strip())
        .filter(line -> !line.isEmpty())
        .toList();
  }

  private void read(ZipFile jar) throws IOException {
    for (ZipEntry entry : jar.stream().toList()) {
      String path = entry.getName();
      if (isClass(path) && !reach.never(className(path))) {
        sources
            .computeIfAbsent(className(path), name -> new ArrayList<>())
            .add(new Source(jar, entry));
      } else if (path.startsWith(SERVICES) && !entry.isDirectory()) {
        String text = new String(new Source(jar, entry).bytes(), StandardCharsets.UTF_8);
        providers
            .computeIfAbsent(path.substring(SERVICES.length()), service -> new HashSet<>())
            .addAll(providers(text));
      }
    }
  }

  private void follow() throws IOException {
    sources.keySet().stream().filter(reach::always).forEach(this::keep);
    while (!open.isEmpty()) {
      String name = open.removeFirst();
      for (Source source : sources.getOrDefault(name, List.of())) {
        ClassModel read = ClassFile.of().parse(source.bytes());
        if (followed.contains(name)) {
          for (PoolEntry entry : read.constantPool()) {
            if (entry instanceof Utf8Entry text) {
              named(name, text.stringValue());
            }
          }
        } else {
          read.superclass().map(ClassEntry::asInternalName).ifPresent(this::keep);
          read.interfaces().forEach(each -> keep(each.asInternalName()));
        }
      }
      String service = name.replace('/', '.');
      if (!reach.catalogues().contains(service)) {
        providers
            .getOrDefault(service, Set.of())
            .forEach(provider -> keep(provider.replace('.', '/')));
      }
    }
  }

  private void named(String by, String text) {
    one(by, text);
    if (text.indexOf('.') > 0) {
      one(by, text.replace('.', '/'));
    }
    if (text.indexOf('L') >= 0 && text.indexOf(';') > 0) {
      for (String type : SEPARATORS.split(text)) {
        // Primitive types stand before it without a separator.
        int at = 0;
        while (at < type.length() && "BCDFIJSZV".indexOf(type.charAt(at)) >= 0) {
          at++;
        }
        if (at < type.length() && type.charAt(at) == 'L') {
          one(by, type.substring(at + 1));
        }
      }
    }
  }

  private void one(String by, String name) {
    if (sources.containsKey(name)) {
      if (!reach.offers(by, name)) {
        keep(name);
      } else if (!followed.contains(name) && offered.add(name)) {
        open.add(name);
      }
    }
  }

  private void keep(String name) {
    if (sources.containsKey(name) && followed.add(name)) {
      open.add(name);
    }
  }
}
