package dev.weft.controlplane.discovery;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.snapshot.EncodedResource;
import dev.weft.proto.discovery.v1.DiscoveryResponse;
import dev.weft.proto.discovery.v1.Move;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A {@link DiscoveryResponse} on the wire, put together from resources that were encoded once for
 * everybody. Immutable.
 */
final class ResponseBytes {
  static final Marshaller<ResponseBytes> MARSHALLER =
      new Marshaller<>() {
        @Override
        public InputStream stream(ResponseBytes response) {
          Status cut = response.cut;
          if (cut != null) {
            throw new CutException(cut);
          }
          return new Content(response);
        }

        @Override
        public ResponseBytes parse(InputStream stream) {
          throw new UnsupportedOperationException("the control plane sends responses only");
        }
      };

  private final byte[] head;
  private final List<EncodedResource> resources;
  private final int size;
  private final @Nullable Status cut;

  private ResponseBytes(byte[] head, List<EncodedResource> resources, @Nullable Status cut) {
    this.head = head;
    this.resources = resources;
    this.cut = cut;
    int bytes = head.length;
    for (EncodedResource resource : resources) {
      bytes += resource.size();
    }
    this.size = bytes;
  }

  static ResponseBytes of(
      String nonce,
      long revision,
      String storeId,
      Collection<EncodedResource> resources,
      List<ResourceKey> removed) {
    var head =
        DiscoveryResponse.newBuilder().setNonce(nonce).setRevision(revision).setStoreId(storeId);
    removed.forEach(key -> head.addRemoved(key.toMessage()));
    return new ResponseBytes(head.build().toByteArray(), List.copyOf(resources), null);
  }

  /** What asks a sidecar to go to another replica. */
  static ResponseBytes move(Moves.Request request, long revision, String storeId) {
    Move move =
        Move.newBuilder()
            .setWithinMillis(request.within().toMillis())
            .setReason(request.reason())
            .addAllTo(request.to())
            .build();
    // An older sidecar takes it for a response that changes nothing.
    DiscoveryResponse response =
        DiscoveryResponse.newBuilder()
            .setRevision(revision)
            .setStoreId(storeId)
            .setMove(move)
            .build();
    return new ResponseBytes(response.toByteArray(), List.of(), null);
  }

  /**
   * What ends a stream at once when it is sent: gRPC resets the stream of a message that cannot be
   * written. A server has no other way to.
   */
  static ResponseBytes cut(Status status) {
    return new ResponseBytes(new byte[0], List.of(), status);
  }

  int size() {
    return size;
  }

  private int writeTo(OutputStream out) throws IOException {
    out.write(head);
    for (EncodedResource resource : resources) {
      resource.writeTo(out);
    }
    return size;
  }

  /** Is no mistake of anybody's: without a stack trace, which gRPC would log. */
  private static final class CutException extends StatusRuntimeException {
    private static final long serialVersionUID = 1L;

    CutException(Status status) {
      super(status);
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
      return this;
    }
  }

  /** Copied once, into the transport's own buffers; other transports may read it. */
  private static final class Content extends InputStream implements Drainable, KnownLength {
    private @Nullable ResponseBytes response;
    private @Nullable InputStream bytes;

    Content(ResponseBytes response) {
      this.response = response;
    }

    @Override
    public int drainTo(OutputStream out) throws IOException {
      ResponseBytes whole = response;
      if (whole == null) {
        return (int) bytes().transferTo(out);
      }
      response = null;
      bytes = InputStream.nullInputStream();
      return whole.writeTo(out);
    }

    @Override
    public int available() throws IOException {
      ResponseBytes whole = response;
      return whole == null ? bytes().available() : whole.size();
    }

    @Override
    public int read() throws IOException {
      return bytes().read();
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      return bytes().read(target, offset, length);
    }

    private InputStream bytes() throws IOException {
      InputStream open = bytes;
      ResponseBytes whole = response;
      if (open == null && whole != null) {
        var buffer = new ByteArrayOutputStream(whole.size());
        whole.writeTo(buffer);
        open = new ByteArrayInputStream(buffer.toByteArray());
        bytes = open;
        response = null;
      }
      return open == null ? InputStream.nullInputStream() : open;
    }
  }
}
