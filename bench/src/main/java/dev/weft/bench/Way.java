package dev.weft.bench;

import dev.weft.bench.peer.Protocol;
import dev.weft.bench.peer.Tls;

/**
 * What contenders of one bench accept and speak to the origin.
 *
 * @param mesh as a mesh runs it, where the contender knows that; HAProxy is always bare
 */
record Way(Protocol in, Tls inTls, Protocol out, Tls outTls, boolean mesh, boolean grpc) {
  static Way plain(Protocol in, Protocol out) {
    return new Way(in, Tls.NONE, out, Tls.NONE, false, false);
  }

  static Way tls(Tls in, Tls out) {
    return new Way(Protocol.HTTP1, in, Protocol.HTTP1, out, false, false);
  }

  Way asMesh() {
    return new Way(in, inTls, out, outTls, true, grpc);
  }

  Way asGrpc() {
    return new Way(in, inTls, out, outTls, mesh, true);
  }
}
