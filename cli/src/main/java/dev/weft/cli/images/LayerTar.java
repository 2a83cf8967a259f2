package dev.weft.cli.images;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.TreeSet;

/**
 * A layer as a tar archive on disk.
 *
 * @param digest the SHA-256 of the archive, in hexadecimal digits
 */
record LayerTar(Layer layer, Path file, String digest) {
  private static final int FOLDER_MODE = 0755;
  private static final int SHARED_FOLDER_MODE = 01777;

  /** Writes {@code layer} to {@code file}: folders before what is in them, all in order of name. */
  static LayerTar write(RootFileSystem root, Layer layer, Path file) throws IOException {
    var paths = new TreeSet<String>();
    for (String path : root.paths(layer)) {
      paths.add(path);
      for (int slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
        paths.add(path.substring(0, slash));
      }
    }
    try (var tar = new TarWriter(new BufferedOutputStream(Files.newOutputStream(file), 1 << 16))) {
      for (String path : paths) {
        Path content = root.at("/" + path);
        if (Files.isSymbolicLink(content)) {
          tar.link(path, Files.readSymbolicLink(content).toString());
        } else if (Files.isDirectory(content, LinkOption.NOFOLLOW_LINKS)) {
          tar.directory(path, path.equals("tmp") ? SHARED_FOLDER_MODE : FOLDER_MODE);
        } else {
          tar.file(path, content);
        }
      }
    }
    try (InputStream in = Files.newInputStream(file)) {
      return new LayerTar(layer, file, digest(in));
    }
  }

  static String digest(byte[] content) {
    return HexFormat.of().formatHex(sha256().digest(content));
  }

  static String digest(InputStream in) throws IOException {
    MessageDigest digest = sha256();
    byte[] buffer = new byte[1 << 16];
    for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
      digest.update(buffer, 0, read);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
