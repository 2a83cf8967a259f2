package dev.weft.sidecar.lb;

/**
 * The same endpoint for all that one client sends: the one that scores most in a lottery of client
 * and endpoint (rendezvous hashing). An endpoint that comes or goes moves only the clients that it
 * takes or leaves; every worker and every sidecar draws alike. While the endpoint is to be avoided,
 * the next of the same order is taken. A pick looks at every endpoint.
 */
final class ByClientAddress implements Policy {
  private static final double HASHES = 0x1p53;

  private final Candidates candidates;
  private final long[] endpoints;

  /**
   * @param names what each endpoint is called, as a number that is the same in every sidecar
   */
  ByClientAddress(Candidates candidates, long[] names) {
    this.candidates = candidates;
    this.endpoints = new long[names.length];
    for (int i = 0; i < names.length; i++) {
      endpoints[i] = mix(names[i]);
    }
  }

  @Override
  public Candidates candidates() {
    return candidates;
  }

  @Override
  public int pick(ClusterLoad cluster, long nowNanos, Tried tried) {
    int worker = cluster.worker();
    long client = tried.client();
    int chosen = -1;
    int avoided = -1;
    double ofChosen = 0;
    double ofAvoided = 0;
    for (int i = 0; i < endpoints.length; i++) {
      EndpointLoad load = candidates.load(worker, i);
      if (tried.contains(load)) {
        continue;
      }
      double score = score(client, i);
      if (load.avoided(nowNanos)) {
        if (avoided < 0 || score > ofAvoided) {
          avoided = i;
          ofAvoided = score;
        }
      } else if (chosen < 0 || score > ofChosen) {
        chosen = i;
        ofChosen = score;
      }
    }
    return chosen >= 0 ? chosen : avoided;
  }

  /** The greatest wins; in proportion to the weights, as logarithms of even numbers do. */
  private double score(long client, int index) {
    double drawn = ((mix(client ^ endpoints[index]) >>> 11) + 0.5) / HASHES;
    return candidates.equalWeights() ? drawn : Math.log(drawn) / candidates.weight(index);
  }

  /** Spreads what is alike over 64 bits (the finaliser of SplitMix64). */
  static long mix(long value) {
    long z = value + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
