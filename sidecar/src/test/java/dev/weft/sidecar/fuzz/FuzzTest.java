package dev.weft.sidecar.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every seed, and some hundreds of mutations of them, always the same ones; the long run is {@code
 * ./weft fuzz}.
 */
class FuzzTest {
  private static final int MUTATIONS = 500;
  private static final String[] TOKENS = {
    "\r\n",
    "\r",
    "\n",
    "\0",
    " ",
    "\t",
    ":",
    ",",
    ";",
    "0",
    "-1",
    "chunked",
    "Transfer-Encoding:",
    "Content-Length: ",
    "Connection: ",
    "close",
    "HTTP/1.0",
    "HTTP/1.1",
    "\r\n\r\n",
    "%2e",
    "%2F",
    "../",
    "//",
    "?",
    "#",
    "\u00ff",
    "FFFFFFFFFFFFFFFF",
    "Host: b\r\n",
    "Expect: 100-continue\r\n"
  };

  @ParameterizedTest
  @EnumSource(FuzzTargets.class)
  void everySeedAndManyMutationsOfThem(FuzzTargets target) throws IOException {
    List<byte[]> seeds = target.readSeeds(Path.of(""));
    assertThat(seeds).isNotEmpty();
    for (byte[] seed : seeds) {
      run(target, seed);
    }
    var random = new Random(1);
    for (int i = 0; i < MUTATIONS; i++) {
      byte[] input = seeds.get(random.nextInt(seeds.size()));
      for (int change = random.nextInt(4); change >= 0; change--) {
        input = mutate(input, seeds, random);
      }
      run(target, input);
    }
  }

  private static void run(FuzzTargets target, byte[] input) {
    try {
      target.run(input);
    } catch (RuntimeException | Error e) {
      throw new AssertionError("input, in hexadecimal: " + HexFormat.of().formatHex(input), e);
    }
  }

  private static byte[] mutate(byte[] input, List<byte[]> seeds, Random random) {
    int at = random.nextInt(input.length + 1);
    int to = Math.min(input.length, at + 1 + random.nextInt(8));
    return switch (random.nextInt(5)) {
      case 0 -> splice(input, at, to, new byte[0]);
      case 1 -> splice(input, at, to, Arrays.copyOfRange(input, at, to));
      case 2 -> splice(input, at, at, token(random));
      case 3 ->
          splice(
              input, at, Math.min(input.length, at + 1), new byte[] {(byte) random.nextInt(256)});
      default -> {
        byte[] other = seeds.get(random.nextInt(seeds.size()));
        int from = random.nextInt(other.length + 1);
        yield splice(input, at, at, Arrays.copyOfRange(other, from, other.length));
      }
    };
  }

  private static byte[] token(Random random) {
    return TOKENS[random.nextInt(TOKENS.length)].getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] splice(byte[] input, int from, int to, byte[] with) {
    byte[] out = new byte[input.length - (to - from) + with.length];
    System.arraycopy(input, 0, out, 0, from);
    System.arraycopy(with, 0, out, from, with.length);
    System.arraycopy(input, to, out, from + with.length, input.length - to);
    return out;
  }
}
