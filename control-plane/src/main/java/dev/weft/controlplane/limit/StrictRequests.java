package dev.weft.controlplane.limit;

import com.google.protobuf.MessageLite;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.KnownLength;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Services whose messages are looked at before anybody reads them: one that is too large, or is
 * none at all, ends its call with a reason and is counted. gRPC itself would say that an
 * application had failed, and log a stack trace for each.
 */
public final class StrictRequests {
  private StrictRequests() {}

  /**
   * The same service, strict.
   *
   * @param size of its messages
   */
  public static ServerServiceDefinition of(
      ServerServiceDefinition service, PeerLimit size, PeerLimits limits) {
    var methods = new ArrayList<ServerMethodDefinition<?, ?>>();
    ServiceDescriptor given = service.getServiceDescriptor();
    ServiceDescriptor.Builder descriptor =
        ServiceDescriptor.newBuilder(given.getName())
            .setSchemaDescriptor(given.getSchemaDescriptor());
    for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
      ServerMethodDefinition<?, ?> strict = strict(method, size, limits);
      methods.add(strict);
      descriptor.addMethod(strict.getMethodDescriptor());
    }
    ServerServiceDefinition.Builder all = ServerServiceDefinition.builder(descriptor.build());
    methods.forEach(all::addMethod);
    return all.build();
  }

  private static <Q, R> ServerMethodDefinition<Q, R> strict(
      ServerMethodDefinition<Q, R> method, PeerLimit size, PeerLimits limits) {
    MethodDescriptor<Q, R> descriptor = method.getMethodDescriptor();
    Reader<Q> reader = Reader.of(descriptor.getRequestMarshaller(), size);
    return reader == null
        ? method
        : ServerMethodDefinition.create(
            descriptor.toBuilder(reader, descriptor.getResponseMarshaller()).build(),
            new Handler<>(method.getServerCallHandler(), reader, size, limits));
  }

  /** Reads messages; for one that cannot be, there is another that stands for it. */
  private static final class Reader<Q> implements PrototypeMarshaller<Q> {
    private final PrototypeMarshaller<Q> reader;
    private final long most;
    final Q tooLarge;
    final Q malformed;

    private Reader(PrototypeMarshaller<Q> reader, long most, Q tooLarge, Q malformed) {
      this.reader = reader;
      this.most = most;
      this.tooLarge = tooLarge;
      this.malformed = malformed;
    }

    /** Null: not messages of protobuf. */
    @SuppressWarnings("unchecked")
    static <Q> @Nullable Reader<Q> of(Marshaller<Q> marshaller, PeerLimit size) {
      if (marshaller instanceof PrototypeMarshaller<Q> reader
          && reader.getMessagePrototype() instanceof MessageLite message) {
        // Two empty ones, known by their identity.
        return new Reader<>(
            reader,
            size.value(),
            (Q) message.newBuilderForType().buildPartial(),
            (Q) message.newBuilderForType().buildPartial());
      }
      return null;
    }

    @Override
    public Q parse(InputStream stream) {
      try {
        boolean known = stream instanceof KnownLength;
        if (known && stream.available() > most) {
          return tooLarge;
        }
        Q message = reader.parse(stream);
        // One that came compressed is known by what it has become.
        return !known && message instanceof MessageLite read && read.getSerializedSize() > most
            ? tooLarge
            : message;
      } catch (IOException | RuntimeException e) {
        return malformed;
      }
    }

    @Override
    public InputStream stream(Q value) {
      return reader.stream(value);
    }

    @Override
    public @Nullable Q getMessagePrototype() {
      return reader.getMessagePrototype();
    }

    @Override
    public Class<Q> getMessageClass() {
      return reader.getMessageClass();
    }
  }

  private record Handler<Q, R>(
      ServerCallHandler<Q, R> next, Reader<Q> reader, PeerLimit size, PeerLimits limits)
      implements ServerCallHandler<Q, R> {
    @Override
    public ServerCall.Listener<Q> startCall(ServerCall<Q, R> call, Metadata headers) {
      var once = new OnceClosed<>(call);
      return new SimpleForwardingServerCallListener<>(next.startCall(once, headers)) {
        // Those that stand for what could not be read equal every other empty message.
        @SuppressWarnings("ReferenceEquality")
        @Override
        public void onMessage(Q message) {
          if (message == reader.tooLarge) {
            end(size, Status.RESOURCE_EXHAUSTED, tooLarge());
          } else if (message == reader.malformed) {
            end(PeerLimit.MALFORMED, Status.INVALID_ARGUMENT, malformed());
          } else {
            super.onMessage(message);
          }
        }

        @Override
        public void onHalfClose() {
          if (!once.refused()) {
            super.onHalfClose();
          }
        }

        private void end(PeerLimit limit, Status status, String message) {
          String address = Peers.address(call.getAttributes());
          limits.reached(limit, address, address, message);
          once.refuse(status.withDescription(message));
        }

        private String tooLarge() {
          return "a message for "
              + call.getMethodDescriptor().getFullMethodName()
              + " is larger than "
              + size.text()
              + " (limit "
              + size.label()
              + "): send less at a time";
        }

        private String malformed() {
          return "a message for "
              + call.getMethodDescriptor().getFullMethodName()
              + " cannot be read (limit malformed): it is no protobuf of that method; is another"
              + " program, or a much newer version, calling this port?";
        }
      };
    }
  }
}
