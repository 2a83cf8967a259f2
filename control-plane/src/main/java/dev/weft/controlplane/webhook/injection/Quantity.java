package dev.weft.controlplane.webhook.injection;

import java.math.BigDecimal;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Amounts as Kubernetes writes them: {@code 50m}, {@code 0.5}, {@code 128Mi}. Pure. */
final class Quantity {
  private static final Pattern WRITTEN =
      Pattern.compile("([0-9]{1,15}(?:\\.[0-9]{1,9})?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?");

  private static final Map<String, BigDecimal> UNITS =
      Map.of(
          "m", new BigDecimal("0.001"),
          "k", BigDecimal.valueOf(1_000),
          "M", BigDecimal.valueOf(1_000_000),
          "G", BigDecimal.valueOf(1_000_000_000),
          "T", BigDecimal.valueOf(1_000_000_000_000L),
          "Ki", BigDecimal.valueOf(1L << 10),
          "Mi", BigDecimal.valueOf(1L << 20),
          "Gi", BigDecimal.valueOf(1L << 30),
          "Ti", BigDecimal.valueOf(1L << 40));

  private Quantity() {}

  /** In cores or bytes; null when it is not written so. */
  static @Nullable BigDecimal parse(String text) {
    Matcher matcher = WRITTEN.matcher(text);
    if (!matcher.matches()) {
      return null;
    }
    var number = new BigDecimal(matcher.group(1));
    String unit = matcher.group(2);
    return unit == null ? number : number.multiply(UNITS.getOrDefault(unit, BigDecimal.ONE));
  }
}
