package dev.weft.sidecar.dns;

import dev.weft.common.config.DnsNameConfig;
import dev.weft.sidecar.dns.Messages.Message;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * A message: what we take for a query that we may answer is one for a reader that shares no code
 * with ours, with the same name and type, and every answer to it is read to its last byte and
 * answers that question.
 */
public final class DnsFuzz {
  private static final DnsNameConfig NAME =
      new DnsNameConfig(
          Stream.of("10.96.0.7", "10.96.0.8", "fd00::7").map(InetAddress::ofLiteral).toList(),
          false);

  private DnsFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    ByteBuf message = Unpooled.wrappedBuffer(input);
    DnsQuery query = DnsQuery.parse(message);
    if (message.readerIndex() != 0) {
      throw new AssertionError("bytes are gone that may have to be passed on");
    }
    if (query == null) {
      return;
    }
    Message read = Messages.read(input);
    check(read.questions().size() == 2, "one question", read);
    check(read.questions().getFirst().toLowerCase(Locale.ROOT).equals(query.name()), query, read);
    check(query.name().length() <= 253, "a name", read);
    check(read.type() == query.type(), query, read);
    check(query.name().endsWith(zone(input, query)), query, read);
    check((read.flags() & 0xfedf) == 0, "a query", read);
    check(read.sections().get(2).isEmpty() != query.edns(), query, read);
    for (int most : new int[] {query.udpSize(), 65_535}) {
      var allocator = UnpooledByteBufAllocator.DEFAULT;
      answers(
          query.asksForAddresses()
              ? DnsAnswer.addresses(allocator, message, query, NAME, most, most)
              : DnsAnswer.noData(allocator, message, query),
          input,
          query,
          most);
    }
    answers(DnsAnswer.failure(message), input, query, 65_535);
  }

  private static void answers(ByteBuf answer, byte[] input, DnsQuery query, int most) {
    byte[] bytes = new byte[answer.readableBytes()];
    answer.readBytes(bytes).release();
    check(bytes.length <= most, most, bytes.length);
    Message read = Messages.read(bytes);
    check((read.flags() & 0x8000) != 0, "a response", read);
    check(bytes[0] == input[0] && bytes[1] == input[1], "the same id", read.id());
    check(Arrays.equals(bytes, 12, query.end(), input, 12, query.end()), "the same question", read);
  }

  private static String zone(byte[] input, DnsQuery query) {
    byte[] rest = Arrays.copyOfRange(input, query.zone(), input.length);
    var name = new StringBuilder();
    for (int at = 0; rest[at] != 0; at += 1 + rest[at]) {
      name.append('.').append(new String(rest, at + 1, rest[at], StandardCharsets.ISO_8859_1));
    }
    return "svc" + name.toString().toLowerCase(Locale.ROOT);
  }

  private static void check(boolean holds, Object expected, Object was) {
    if (!holds) {
      throw new AssertionError("expected " + expected + ", was " + was);
    }
  }
}
