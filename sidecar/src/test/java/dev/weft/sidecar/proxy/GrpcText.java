package dev.weft.sidecar.proxy;

/** Messages of gRPC as they pass over HTTP/1.1, to be read. */
@SuppressWarnings("StringConcatToTextBlock") // Lines end in CR LF here.
final class GrpcText {
  static final String OK =
      "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nTransfer-Encoding: chunked\r\n\r\n"
          + "6\r\n\0\0\0\0\1x\r\n0\r\nGrpc-Status: 0\r\n\r\n";

  private GrpcText() {}

  static String call(String... lines) {
    return "POST /shop.v1.Catalog/Get HTTP/1.1\r\nHost: catalog\r\nContent-Type: application/grpc\r\n"
        + (lines.length == 0 ? "" : String.join("\r\n", lines) + "\r\n")
        + "Content-Length: 5\r\n\r\n\0\0\0\0\0";
  }

  static String trailersOnly(int status) {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nGrpc-Status: "
        + status
        + "\r\nGrpc-Message: no%20way\r\nContent-Length: 0\r\n\r\n";
  }
}
