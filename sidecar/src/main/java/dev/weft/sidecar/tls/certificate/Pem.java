package dev.weft.sidecar.tls.certificate;

import dev.weft.sidecar.telemetry.Bound;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * Reads certificates and private keys in PEM (RFC 7468): PKCS #8, and the older forms of RSA (PKCS
 * #1) and EC (SEC 1) that openssl and cert-manager still write.
 */
final class Pem {
  private static final long MAX_BYTES = Bound.TLS_FILE.value();
  private static final String BEGIN = "-----BEGIN ";
  private static final String CERTIFICATE = "CERTIFICATE";
  private static final String PKCS8 = "PRIVATE KEY";
  private static final String PKCS1 = "RSA PRIVATE KEY";
  private static final String SEC1 = "EC PRIVATE KEY";
  private static final int SEQUENCE = 0x30;
  private static final int OCTETS = 0x04;
  private static final byte[] VERSION_0 = {2, 1, 0};

  private Pem() {}

  private record Block(String type, byte[] der) {}

  /** A file's text; who calls says what it is for. */
  static String read(Path file) throws TlsFileException {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new TlsFileException(file, "is larger than " + MAX_BYTES + " bytes");
      }
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      throw new TlsFileException(file, "does not exist");
    } catch (AccessDeniedException e) {
      throw new TlsFileException(file, "cannot be read: permission denied");
    } catch (IOException e) {
      throw new TlsFileException(
          file, Files.isDirectory(file) ? "is a directory" : "cannot be read: " + e.getMessage());
    }
  }

  /** The certificates of a PEM text, in their order, at least one. */
  static List<X509Certificate> certificates(Path file, String text) throws TlsFileException {
    var certificates = new ArrayList<X509Certificate>();
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (Block block : blocks(file, text)) {
        if (block.type.equals(CERTIFICATE)) {
          certificates.add(
              (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(block.der)));
        }
      }
    } catch (CertificateException e) {
      throw new TlsFileException(
          file,
          "certificate " + (certificates.size() + 1) + " cannot be understood: " + e.getMessage());
    }
    if (certificates.isEmpty()) {
      throw new TlsFileException(file, "holds no certificate" + found(file, text));
    }
    return certificates;
  }

  /** The private key of a PEM text; its kind is that of the certificate that it belongs to. */
  static PrivateKey privateKey(Path file, String text, PublicKey of) throws TlsFileException {
    for (Block block : blocks(file, text)) {
      byte[] pkcs8 =
          switch (block.type) {
            case PKCS8 -> block.der;
            case PKCS1, SEC1 ->
                der(
                    SEQUENCE,
                    VERSION_0,
                    firstElement(content(of.getEncoded())),
                    der(OCTETS, block.der));
            case "ENCRYPTED PRIVATE KEY" ->
                throw new TlsFileException(file, "the key is encrypted: expected one in the clear");
            default -> null;
          };
      if (pkcs8 == null) {
        continue;
      }
      try {
        return KeyFactory.getInstance(of.getAlgorithm())
            .generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
      } catch (GeneralSecurityException e) {
        throw new TlsFileException(
            file,
            "is no " + of.getAlgorithm() + " key, as the certificate is of: " + e.getMessage());
      }
    }
    throw new TlsFileException(file, "holds no private key" + found(file, text));
  }

  private static String found(Path file, String text) throws TlsFileException {
    List<String> types = blocks(file, text).stream().map(Block::type).distinct().toList();
    return types.isEmpty()
        ? ": expected PEM, which begins with -----BEGIN"
        : ", only " + String.join(", ", types);
  }

  private static List<Block> blocks(Path file, String text) throws TlsFileException {
    var blocks = new ArrayList<Block>();
    int at = 0;
    while ((at = text.indexOf(BEGIN, at)) >= 0) {
      int typeEnd = text.indexOf("-----", at + BEGIN.length());
      String type = typeEnd < 0 ? "" : text.substring(at + BEGIN.length(), typeEnd);
      int end = typeEnd < 0 ? -1 : text.indexOf("-----END " + type + "-----", typeEnd);
      if (end < 0) {
        throw new TlsFileException(file, "is cut off within a block: no -----END for " + type);
      }
      String body = text.substring(typeEnd + 5, end).replaceAll("\\s", "");
      if (body.startsWith("Proc-Type:")) {
        throw new TlsFileException(file, "the key is encrypted: expected one in the clear");
      }
      try {
        blocks.add(new Block(type, Base64.getDecoder().decode(body)));
      } catch (IllegalArgumentException e) {
        throw new TlsFileException(file, "a " + type + " is no base64: " + e.getMessage());
      }
      at = end;
    }
    return blocks;
  }

  // DER, as much of it as it takes to put an older key into a PKCS #8 envelope.

  private static byte[] der(int tag, byte[]... parts) {
    var out = new ByteArrayOutputStream();
    int length = 0;
    for (byte[] part : parts) {
      length += part.length;
    }
    out.write(tag);
    if (length < 0x80) {
      out.write(length);
    } else if (length < 0x100) {
      out.write(0x81);
      out.write(length);
    } else {
      out.write(0x82);
      out.write(length >> 8);
      out.write(length);
    }
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  private static int headerLength(byte[] der) {
    int first = der[1] & 0xff;
    return first < 0x80 ? 2 : 2 + (first & 0x7f);
  }

  private static int contentLength(byte[] der) {
    int first = der[1] & 0xff;
    if (first < 0x80) {
      return first;
    }
    int length = 0;
    for (int i = 0; i < (first & 0x7f); i++) {
      length = length << 8 | (der[2 + i] & 0xff);
    }
    return length;
  }

  private static byte[] content(byte[] der) {
    int from = headerLength(der);
    return Arrays.copyOfRange(der, from, from + contentLength(der));
  }

  private static byte[] firstElement(byte[] der) {
    return Arrays.copyOf(der, headerLength(der) + contentLength(der));
  }
}
