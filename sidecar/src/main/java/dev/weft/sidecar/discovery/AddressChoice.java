package dev.weft.sidecar.discovery;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Which control plane is tried next: each once, in an order of this sidecar's own, before any is
 * tried again; so those of a replica that dies spread over all others. Control loop only, but for
 * {@link #resolve}.
 */
final class AddressChoice {
  private final List<ControlPlaneAddress> all;
  private final RandomGenerator random;
  private final Deque<ControlPlaneAddress> round = new ArrayDeque<>();

  /**
   * @param all at least one
   */
  AddressChoice(List<ControlPlaneAddress> all, RandomGenerator random) {
    this.all = all;
    this.random = random;
  }

  /**
   * The next one; the one that was used last only when there is no other.
   *
   * @param last null: none was
   */
  ControlPlaneAddress next(@Nullable ControlPlaneAddress last) {
    if (round.isEmpty()) {
      var shuffled = new ArrayList<>(all);
      Collections.shuffle(shuffled, Random.from(random));
      round.addAll(shuffled);
    }
    ControlPlaneAddress next = round.remove();
    // At most once more: a new round has others. A record's equals is linked at its first call, for
    // a tenth of a start: so it is not called where nothing was tried before.
    return last != null && all.size() > 1 && next.equals(last) ? next(last) : next;
  }

  int count() {
    return all.size();
  }

  /** Whether that is a name, for which a name server has to be asked. */
  static boolean isName(ControlPlaneAddress address) {
    String host = address.host();
    return !NetUtil.isValidIpV4Address(host) && !NetUtil.isValidIpV6Address(host);
  }

  /**
   * One of the addresses that a name stands for; where it stands for several not the one that was
   * used last. Blocks while a name is resolved.
   *
   * @param last null: none was
   * @param drawn a number that was drawn, which chooses among them
   */
  static InetSocketAddress resolve(
      ControlPlaneAddress address, @Nullable InetSocketAddress last, int drawn)
      throws UnknownHostException {
    List<InetSocketAddress> found = new ArrayList<>();
    for (InetAddress each : InetAddress.getAllByName(address.host())) {
      found.add(new InetSocketAddress(each, address.port()));
    }
    if (found.size() > 1) {
      found.remove(last);
    }
    return found.get(Math.floorMod(drawn, found.size()));
  }
}
