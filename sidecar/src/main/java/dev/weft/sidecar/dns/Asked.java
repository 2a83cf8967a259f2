package dev.weft.sidecar.dns;

import dev.weft.common.config.DnsNameConfig;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * A query that goes, or went, on to the original resolver. Whoever has it ends it, by {@link
 * DnsServer#end}.
 *
 * @param query as it was sent
 * @param read null: it is nothing that the mesh could answer
 * @param name null: the mesh does not know the name
 * @param sinceNanos when it went on
 */
record Asked(
    ByteBuf query, @Nullable DnsQuery read, @Nullable DnsNameConfig name, long sinceNanos) {
  Asked(ByteBuf query, @Nullable DnsQuery read, @Nullable DnsNameConfig name) {
    this(query, read, name, System.nanoTime());
  }

  Integer id() {
    return id(query);
  }

  static Integer id(ByteBuf message) {
    return message.getUnsignedShort(message.readerIndex());
  }
}
