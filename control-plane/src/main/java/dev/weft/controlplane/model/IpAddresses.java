package dev.weft.controlplane.model;

import dev.weft.common.wire.Syntax;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** One text per IP address, so that what is written in different ways is found. Pure. */
public final class IpAddresses {
  private IpAddresses() {}

  /** The one text of an address, e.g. {@code fd00:0:0:0:0:0:0:7}; null when it is not one. */
  public static @Nullable String canonical(String text) {
    return Syntax.isIpAddress(text) ? InetAddress.ofLiteral(text).getHostAddress() : null;
  }
}
