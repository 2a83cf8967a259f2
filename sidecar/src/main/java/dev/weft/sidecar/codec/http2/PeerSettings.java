package dev.weft.sidecar.codec.http2;

import dev.weft.sidecar.codec.http2.frame.ConnectionError;
import dev.weft.sidecar.codec.http2.frame.ErrorCode;
import dev.weft.sidecar.codec.http2.frame.FrameReader;
import io.netty.buffer.ByteBuf;

/** The peer's SETTINGS (RFC 9113, section 6.5), with its defaults. One per connection. */
final class PeerSettings {
  static final int SETTINGS_ENABLE_PUSH = 2;
  static final int SETTINGS_MAX_CONCURRENT_STREAMS = 3;
  static final int SETTINGS_INITIAL_WINDOW_SIZE = 4;
  static final int SETTINGS_MAX_FRAME_SIZE = 5;
  static final int SETTINGS_MAX_HEADER_LIST_SIZE = 6;
  static final int SETTINGS_ENABLE_CONNECT_PROTOCOL = 8;

  private final boolean ofServer;
  private int maxStreams = Integer.MAX_VALUE;
  private int initialWindow = 65535;
  private boolean connectProtocol;

  /**
   * @param ofServer whether the peer is the server, which may not allow pushes
   */
  PeerSettings(boolean ofServer) {
    this.ofServer = ofServer;
  }

  /** How many streams it lets us open at a time. */
  int maxStreams() {
    return maxStreams;
  }

  /** What a stream's window begins with; bytes. */
  int initialWindow() {
    return initialWindow;
  }

  /**
   * Takes a frame's payload, whole pairs of identifier and value, in their order.
   *
   * @return by how much the windows of streams that are open change
   */
  int apply(ByteBuf payload) {
    int before = initialWindow;
    while (payload.isReadable()) {
      apply(payload.readUnsignedShort(), payload.readInt());
    }
    return initialWindow - before;
  }

  private void apply(int name, int value) {
    switch (name) {
      case SETTINGS_ENABLE_PUSH -> {
        if (value < 0 || value > 1 || (ofServer && value == 1)) {
          throw ConnectionError.protocol("SETTINGS_ENABLE_PUSH is neither 0 nor 1");
        }
      }
      case SETTINGS_MAX_CONCURRENT_STREAMS -> maxStreams = value < 0 ? Integer.MAX_VALUE : value;
      case SETTINGS_INITIAL_WINDOW_SIZE -> {
        if (value < 0) {
          throw ConnectionError.of(
              ErrorCode.FLOW_CONTROL_ERROR, "SETTINGS_INITIAL_WINDOW_SIZE above 2^31-1");
        }
        initialWindow = value;
      }
      case SETTINGS_MAX_FRAME_SIZE -> {
        // We never send a larger one than everybody must take.
        if (value < FrameReader.MAX_FRAME || value > 0xffffff) {
          throw ConnectionError.protocol("SETTINGS_MAX_FRAME_SIZE out of range");
        }
      }
      case SETTINGS_ENABLE_CONNECT_PROTOCOL -> {
        if (value < 0 || value > 1 || (connectProtocol && value == 0)) {
          throw ConnectionError.protocol("SETTINGS_ENABLE_CONNECT_PROTOCOL is not 0 or 1");
        }
        connectProtocol = value == 1;
      }
      default -> {
        // HEADER_TABLE_SIZE: our encoder has no table. MAX_HEADER_LIST_SIZE is advisory.
      }
    }
  }
}
