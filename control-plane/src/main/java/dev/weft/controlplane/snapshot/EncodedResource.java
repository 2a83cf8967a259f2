package dev.weft.controlplane.snapshot;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import dev.weft.controlplane.compile.Compiled;
import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.inforce.Document;
import dev.weft.proto.discovery.v1.DiscoveryResponse;
import dev.weft.proto.discovery.v1.Origin;
import dev.weft.proto.discovery.v1.Resource;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A resource in the bytes in which every subscriber gets it. Immutable, for any thread.
 *
 * <p>The bytes are a whole {@code resources} field of a {@link DiscoveryResponse}, tag and length
 * included, so that a response is put together by copying.
 */
public final class EncodedResource {
  private static final int VERSION_BYTES = 8;

  private final ResourceKey key;
  private final String version;
  private final List<ResourceKey> needs;
  private final Map<Document, Long> documents;
  private final byte[] field;
  private final int start;

  private EncodedResource(
      Compiled compiled, String version, Map<Document, Long> documents, byte[] field, int start) {
    this.key = compiled.key();
    this.version = version;
    this.needs = compiled.needs();
    this.documents = documents;
    this.field = field;
    this.start = start;
  }

  /**
   * Encodes deterministically: equal content has equal bytes and an equal version, on every
   * replica. The version is the start of the SHA-256 of all that goes before it.
   */
  static EncodedResource encode(Compiled compiled) {
    Resource resource = compiled.resource();
    int contentSize = resource.getSerializedSize();
    int versionSize = CodedOutputStream.computeStringSize(2, "0".repeat(2 * VERSION_BYTES));
    int size = contentSize + versionSize;
    int start =
        CodedOutputStream.computeTagSize(DiscoveryResponse.RESOURCES_FIELD_NUMBER)
            + CodedOutputStream.computeUInt32SizeNoTag(size);
    byte[] field = new byte[start + size];
    CodedOutputStream out = CodedOutputStream.newInstance(field);
    out.useDeterministicSerialization();
    try {
      out.writeTag(DiscoveryResponse.RESOURCES_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
      out.writeUInt32NoTag(size);
      resource.writeTo(out);
      String version = hash(field, start, contentSize);
      // Fields may come in any order: the version after what it is the hash of.
      out.writeString(Resource.VERSION_FIELD_NUMBER, version);
      out.checkNoSpaceLeft();
      return new EncodedResource(compiled, version, documents(resource), field, start);
    } catch (IOException e) {
      throw new UncheckedIOException("an array of the computed size was too small", e);
    }
  }

  private static String hash(byte[] bytes, int offset, int length) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(bytes, offset, length);
      return HexFormat.of().formatHex(sha256.digest(), 0, VERSION_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Their revisions; a Service is not one of those that are told how they stand. */
  private static Map<Document, Long> documents(Resource resource) {
    var found = new HashMap<Document, Long>();
    resource.getVirtualHost().getRoutesList().forEach(route -> add(route.getOriginsList(), found));
    add(resource.getCluster().getOriginsList(), found);
    return Map.copyOf(found);
  }

  private static void add(List<Origin> origins, Map<Document, Long> found) {
    for (Origin origin : origins) {
      if (Document.isCounted(origin.getKind())) {
        found.put(
            new Document(origin.getKind(), origin.getNamespace(), origin.getName()),
            origin.getRevision());
      }
    }
  }

  public ResourceKey key() {
    return key;
  }

  public String version() {
    return version;
  }

  /** What it refers to by name. */
  public List<ResourceKey> needs() {
    return needs;
  }

  /** The routes and policies that decide something in it. */
  public Set<Document> documents() {
    return documents.keySet();
  }

  /** The store's revision of such a document; null: it decides nothing in it. */
  public @Nullable Long revisionOf(Document document) {
    return documents.get(document);
  }

  /** Bytes that it takes in a response. */
  public int size() {
    return field.length;
  }

  /** Writes it as a field of a response. */
  public void writeTo(OutputStream out) throws IOException {
    out.write(field);
  }

  /** Decodes it again, for people to look at. */
  public Resource resource() {
    try {
      return Resource.parser().parseFrom(field, start, field.length - start);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("what was encoded here cannot be decoded: " + key, e);
    }
  }

  @Override
  public String toString() {
    return key + "@" + version;
  }
}
