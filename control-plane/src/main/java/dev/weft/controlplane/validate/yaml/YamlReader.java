package dev.weft.controlplane.validate.yaml;

import dev.weft.controlplane.validate.yaml.YamlNode.Entry;
import dev.weft.controlplane.validate.yaml.YamlNode.Mapping;
import dev.weft.controlplane.validate.yaml.YamlNode.Scalar;
import dev.weft.controlplane.validate.yaml.YamlNode.ScalarType;
import dev.weft.controlplane.validate.yaml.YamlNode.Sequence;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.resolver.CoreScalarResolver;
import org.snakeyaml.engine.v2.resolver.ScalarResolver;

/**
 * Reads the documents of a manifest (YAML 1.2, and so JSON) as plain values: no tags, no aliases (a
 * few bytes of which can mean gigabytes), no duplicate keys, bounded in size, depth and number.
 */
public final class YamlReader {
  static final int MAX_CHARACTERS = 1 << 20;
  private static final int MAX_DEPTH = 32;
  private static final int MAX_DOCUMENTS = 1000;

  /** The YAML 1.2 core schema: "yes" and "on" are strings. */
  private static final ScalarResolver RESOLVER = new CoreScalarResolver(false);

  private final String manifest;
  private final List<Document> documents = new ArrayList<>();
  private Report report;

  private YamlReader(String manifest) {
    this.manifest = manifest;
    this.report = new Report(manifest, 1);
  }

  /** One document; the root is null when it is too broken to be looked at. */
  public record Document(Report report, @Nullable YamlNode root) {}

  /** All documents; empty ones are left out, but counted. */
  public static List<Document> read(String manifest, String content) {
    var reader = new YamlReader(manifest);
    reader.read(content);
    return reader.documents;
  }

  private void read(String content) {
    if (content.length() > MAX_CHARACTERS) {
      fail(
          new Unreadable(
              0,
              content.length() + " characters",
              "at most " + MAX_CHARACTERS + " characters in a manifest; split it"));
      return;
    }
    if (hasLoneSurrogate(content)) {
      fail(new Unreadable(0, "not Unicode text", "UTF-8"));
      return;
    }
    // One buffer for everything: snakeyaml-engine 3.0.1 fails when a surrogate pair straddles two.
    var settings =
        LoadSettings.builder()
            .setLabel(manifest)
            .setBufferSize(Math.max(1024, content.length() + 2))
            .build();
    try {
      Iterator<Event> events = new Parse(settings).parseString(content).iterator();
      while (events.hasNext()) {
        Event event = events.next();
        if (event.getEventId() == Event.ID.DocumentStart) {
          if (report.document() > MAX_DOCUMENTS) {
            throw new Unreadable(
                line(event), "more documents", "at most " + MAX_DOCUMENTS + " in a manifest");
          }
          document(events);
        }
      }
    } catch (Unreadable e) {
      fail(e);
    } catch (MarkedYamlEngineException e) {
      int line = e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(0);
      malformed(line, String.valueOf(e.getProblem()));
    } catch (YamlEngineException e) {
      String problem = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      malformed(0, problem);
    }
    if (documents.isEmpty()) {
      fail(new Unreadable(0, "no document", "at least one document"));
    }
  }

  private void document(Iterator<Event> events) {
    YamlNode root = node(events.next(), events, 0, "");
    boolean empty = root instanceof Scalar scalar && scalar.type() == ScalarType.NULL;
    if (!empty) {
      documents.add(new Document(report, root));
    }
    report = new Report(manifest, report.document() + 1);
  }

  private void malformed(int line, String problem) {
    String shown = Report.shorten(problem);
    report.error(line, "", shown, "well-formed YAML", "is not well-formed YAML: " + shown);
    documents.add(new Document(report, null));
  }

  private void fail(Unreadable e) {
    report.error(e.line, "", e.value, e.expected, "is " + e.value + ", expected " + e.expected);
    documents.add(new Document(report, null));
  }

  private YamlNode node(Event event, Iterator<Event> events, int depth, String path) {
    if (depth > MAX_DEPTH) {
      throw new Unreadable(line(event), "nested deeper", "at most " + MAX_DEPTH + " levels");
    }
    return switch (event) {
      case ScalarEvent scalar -> scalar(scalar);
      case MappingStartEvent start -> mapping(start, events, depth, path);
      case SequenceStartEvent start -> sequence(start, events, depth, path);
      case AliasEvent alias ->
          throw new Unreadable(
              line(alias), "the alias *" + alias.getAlias(), "the value itself: no aliases");
      default -> throw new IllegalStateException("unexpected event " + event);
    };
  }

  private Scalar scalar(ScalarEvent event) {
    refuseTag(event, event.getTag());
    if (hasLoneSurrogate(event.getValue())) {
      throw new Unreadable(line(event), "half of a surrogate pair", "whole characters");
    }
    if (!event.isPlain()) {
      return new Scalar(line(event), ScalarType.STRING, event.getValue());
    }
    Tag tag = RESOLVER.resolve(event.getValue(), true);
    ScalarType type =
        tag.equals(Tag.INT)
            ? ScalarType.INTEGER
            : tag.equals(Tag.FLOAT)
                ? ScalarType.FLOAT
                : tag.equals(Tag.BOOL)
                    ? ScalarType.BOOLEAN
                    : tag.equals(Tag.NULL) ? ScalarType.NULL : ScalarType.STRING;
    return new Scalar(line(event), type, event.getValue());
  }

  private Sequence sequence(
      SequenceStartEvent start, Iterator<Event> events, int depth, String path) {
    refuseTag(start, start.getTag());
    var items = new ArrayList<YamlNode>();
    for (Event event = events.next();
        event.getEventId() != Event.ID.SequenceEnd;
        event = events.next()) {
      items.add(node(event, events, depth + 1, path + "[" + items.size() + "]"));
    }
    return new Sequence(line(start), items);
  }

  private Mapping mapping(MappingStartEvent start, Iterator<Event> events, int depth, String path) {
    refuseTag(start, start.getTag());
    var entries = new LinkedHashMap<String, Entry>();
    for (Event event = events.next();
        event.getEventId() != Event.ID.MappingEnd;
        event = events.next()) {
      if (!(event instanceof ScalarEvent key)) {
        throw new Unreadable(line(event), "a collection as a key", "a name as key");
      }
      scalar(key);
      String field = path.isEmpty() ? key.getValue() : path + "." + key.getValue();
      YamlNode value = node(events.next(), events, depth + 1, field);
      Entry before = entries.putIfAbsent(key.getValue(), new Entry(line(key), value));
      if (before != null) {
        report.error(
            line(key),
            Report.shorten(field),
            value.shown(),
            "each field once",
            "occurs twice, first on line " + before.line());
      }
    }
    return new Mapping(line(start), entries);
  }

  private static void refuseTag(Event event, Optional<String> tag) {
    if (tag.isPresent()) {
      throw new Unreadable(line(event), "the tag " + tag.get(), "a plain value: no tags");
    }
  }

  /** Such text could not be stored as it is: it has no UTF-8. */
  private static boolean hasLoneSurrogate(String text) {
    return text.codePoints().anyMatch(c -> c >= 0xd800 && c <= 0xdfff);
  }

  private static int line(Event event) {
    return event.getStartMark().map(Mark::getLine).map(line -> line + 1).orElse(0);
  }

  /** The rest of the manifest cannot be read. */
  private static final class Unreadable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int line;
    private final String value;
    private final String expected;

    Unreadable(int line, String value, String expected) {
      super(value, null, false, false);
      this.line = line;
      this.value = value;
      this.expected = expected;
    }
  }
}
