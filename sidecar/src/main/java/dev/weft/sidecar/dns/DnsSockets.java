package dev.weft.sidecar.dns;

import io.netty.channel.Channel;

/** Makes sockets of the control loop's kind; none is registered or bound yet. */
public interface DnsSockets {
  Channel datagram(boolean ipv6);

  Channel server();

  Channel client();
}
