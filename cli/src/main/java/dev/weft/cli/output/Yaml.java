package dev.weft.cli.output;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/** YAML and JSON as plain maps, lists and scalars. */
public final class Yaml {
  private Yaml() {}

  /** Every document of a stream; JSON is YAML too. */
  public static Iterable<@Nullable Object> parseAll(String content, String label) {
    return new Load(LoadSettings.builder().setLabel(label).build()).loadAllFromString(content);
  }

  public static @Nullable Object parse(String content) {
    return new Load(LoadSettings.builder().build()).loadFromString(content);
  }

  public static String print(@Nullable Object value) {
    return new Dump(
            DumpSettings.builder()
                .setDefaultFlowStyle(FlowStyle.BLOCK)
                .setIndicatorIndent(2)
                .setIndentWithIndicator(true)
                .setWidth(120)
                .build())
        .dumpToString(value);
  }

  public static String json(Message message) {
    try {
      return JsonFormat.printer().print(message);
    } catch (InvalidProtocolBufferException e) {
      // Only messages with Any of an unknown type cannot be printed; the API has none.
      throw new IllegalStateException(e);
    }
  }

  public static String yaml(Message message) {
    return print(parse(json(message)));
  }

  /** The value under a path of names, or an empty string when there is none. */
  public static Object at(@Nullable Object value, String... path) {
    Object here = value;
    for (String name : path) {
      here = here instanceof Map<?, ?> map ? map.get(name) : null;
    }
    return here == null ? "" : here;
  }

  public static List<?> listAt(@Nullable Object value, String... path) {
    return at(value, path) instanceof List<?> list ? list : List.of();
  }
}
