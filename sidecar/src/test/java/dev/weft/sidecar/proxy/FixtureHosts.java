package dev.weft.sidecar.proxy;

import dev.weft.common.config.VirtualHostConfig;
import dev.weft.common.head.HeadView;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The hosts that a worker under test knows. Who asks for another one waits here until the test
 * answers, unless all others are unknown.
 */
final class FixtureHosts implements VirtualHostLookup {
  private static final ResolvedHost UNKNOWN =
      ResolvedHost.compile(new VirtualHostConfig("test/unknown", false, List.of(), List.of()));

  final Map<String, ResolvedHost> known = new ConcurrentHashMap<>();
  final List<Waiter> waiters = new ArrayList<>();
  boolean othersAreUnknown;

  @Override
  public @Nullable ResolvedHost find(HeadView head) {
    return find(head.authority());
  }

  @Override
  public @Nullable ResolvedHost find(String authority) {
    ResolvedHost host = known.get(authority);
    return host == null && othersAreUnknown ? UNKNOWN : host;
  }

  @Override
  public @Nullable ResolvedHost find(ByteBuffer authority) {
    return find(StandardCharsets.US_ASCII.decode(authority.duplicate()).toString());
  }

  @Override
  public Waiting await(HeadView head, Waiter waiter) {
    return await(head.authority(), waiter);
  }

  @Override
  public Waiting await(String authority, Waiter waiter) {
    synchronized (waiters) {
      waiters.add(waiter);
    }
    return () -> {
      synchronized (waiters) {
        waiters.remove(waiter);
      }
    };
  }
}
