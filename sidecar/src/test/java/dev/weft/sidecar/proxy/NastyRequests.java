package dev.weft.sidecar.proxy;

import java.util.List;

/**
 * Requests by which others were made to read one thing where their neighbour read another. Each is
 * complete, whoever reads it how.
 */
@SuppressWarnings("StringConcatToTextBlock") // Lines end in CR LF here.
final class NastyRequests {
  private static final String POST = "POST /nasty HTTP/1.1\r\nHost: catalog\r\n";
  private static final String GET = "GET /nasty HTTP/1.1\r\nHost: catalog\r\n";
  private static final String CHUNKED = POST + "Transfer-Encoding: chunked\r\n";
  private static final String NONE = "0\r\n\r\n";

  private NastyRequests() {}

  static List<String> all() {
    return List.of(
        // Length against coding.
        POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + NONE,
        POST + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + NONE,
        POST + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n" + NONE,
        POST + "Content-Length: 5\r\nTransfer-Encoding : chunked\r\n\r\n" + NONE,
        POST + "Content-Length: 5\r\n Transfer-Encoding: chunked\r\n\r\n" + NONE,
        POST + "Content-Length: 5\r\nTransfer_Encoding: chunked\r\n\r\n" + NONE,
        POST + "Content_Length: 0\r\nContent-Length: 5\r\n\r\nhello",
        POST + "Content-Length: 5\r\nX: y\rTransfer-Encoding: chunked\r\n\r\n" + NONE,
        POST + "Content-Length: 5\r\nX: y\nTransfer-Encoding: chunked\r\n\r\n" + NONE,
        POST + "Content-Length: 5\r\n\0Transfer-Encoding: chunked\r\n\r\n" + NONE,
        // Codings that look like chunked.
        POST + "Transfer-Encoding: xchunked\r\n\r\n" + NONE,
        POST + "Transfer-Encoding: chunkedx\r\n\r\n" + NONE,
        POST + "Transfer-Encoding: chunked;q=1\r\n\r\n" + NONE,
        POST + "Transfer-Encoding: \u000bchunked\r\n\r\n" + NONE,
        POST + "Transfer-Encoding: \fchunked\r\n\r\n" + NONE,
        POST + "Transfer-Encoding:chunked\r\n\r\n" + NONE,
        POST + "Transfer-Encoding: \t chunked \t\r\n\r\n" + NONE,
        POST + "Transfer-Encoding: CHUNKED\r\n\r\n" + NONE,
        POST + "Transfer-Encoding: , chunked\r\n\r\n" + NONE,
        POST + "Transfer-Encoding: chunked,\r\n\r\n" + NONE,
        POST + "Transfer-Encoding: chunked identity\r\n\r\n" + NONE,
        POST + "Transfer-Encoding: identity, chunked\r\n\r\n" + NONE,
        POST + "Transfer-Encoding: 'chunked'\r\n\r\n" + NONE,
        POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n" + NONE,
        POST + "Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n" + NONE,
        POST + "TRANSFER-encoding: chunked\r\n\r\n" + NONE,
        // Lengths.
        POST + "Content-Length: 05\r\n\r\nhello",
        POST + "Content-Length: 000000000005\r\n\r\nhello",
        POST + "Content-Length: 5 \r\n\r\nhello",
        POST + "Content-Length: 5,5\r\n\r\nhello",
        POST + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        POST + "Content-Length: 5\r\nContent-Length: 0\r\n\r\nhello",
        POST + "Content-Length: 0x5\r\n\r\nhello",
        POST + "Content-Length: 5.0\r\n\r\nhello",
        POST + "Content-Length: 1_0\r\n\r\nhello",
        POST + "Content-Length: \u0665\r\n\r\nhello",
        POST + "Content-Length: -0\r\n\r\n",
        POST + "Content-Length: 18446744073709551621\r\n\r\nhello",
        POST + "Connection: Content-Length\r\nContent-Length: 5\r\n\r\nhello",
        POST + "Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n" + NONE,
        // Chunks.
        CHUNKED + "\r\n5\r\nhello\r\n" + NONE,
        CHUNKED + "\r\n05\r\nhello\r\n0000\r\n\r\n",
        CHUNKED + "\r\n5;\r\nhello\r\n" + NONE,
        CHUNKED + "\r\n5;a\r\nhello\r\n" + NONE,
        CHUNKED + "\r\n5;a=\"\\\"\"\r\nhello\r\n" + NONE,
        CHUNKED + "\r\n5 ;a\r\nhello\r\n" + NONE,
        CHUNKED + "\r\n5 \r\nhello\r\n" + NONE,
        CHUNKED + "\r\n 5\r\nhello\r\n" + NONE,
        CHUNKED + "\r\n5\nhello\r\n" + NONE,
        CHUNKED + "\r\n5;\nhello\r\n" + NONE,
        CHUNKED + "\r\n5\rXhello\r\n" + NONE,
        CHUNKED + "\r\n5\r\nhello\n" + NONE,
        CHUNKED + "\r\n5\r\nhelloXX" + NONE,
        CHUNKED + "\r\n5\r\nhello" + NONE,
        CHUNKED + "\r\n0x5\r\nhello\r\n" + NONE,
        CHUNKED + "\r\n5_\r\nhello\r\n" + NONE,
        CHUNKED + "\r\n-5\r\nhello\r\n" + NONE,
        CHUNKED + "\r\n5\r\nhello\r\n0\r\nGET /smuggled HTTP/1.1\r\nHost: catalog\r\n\r\n",
        CHUNKED + "\r\n5\r\nhello\r\n0\r\nX-T: a\r\n b\r\n\r\n",
        CHUNKED + "\r\n5\r\nhello\r\n0\r\nContent-Length: 99\r\nX-T: a\r\n\r\n",
        CHUNKED + "\r\n5\r\nhello\r\n0\r\nX-T: a\n\r\n",
        // Targets and hosts.
        "GET  /nasty HTTP/1.1\r\nHost: catalog\r\n\r\n",
        "GET\t/nasty HTTP/1.1\r\nHost: catalog\r\n\r\n",
        "GET /nasty\tHTTP/1.1\r\nHost: catalog\r\n\r\n",
        "GET /nasty HTTP/1.1 \r\nHost: catalog\r\n\r\n",
        "GET /nasty HTTP/1.1\u000b\r\nHost: catalog\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: catalog\r\n\r\n",
        "GET /a%0d%0aX:y HTTP/1.1\r\nHost: catalog\r\n\r\n",
        "GET /a%20HTTP/1.1 HTTP/1.1\r\nHost: catalog\r\n\r\n",
        "GET /a?b?c=d&&e HTTP/1.1\r\nHost: catalog\r\n\r\n",
        "GET /a;b=c;d/%3b HTTP/1.1\r\nHost: catalog\r\n\r\n",
        "GET //catalog/x HTTP/1.1\r\nHost: catalog\r\n\r\n",
        "GET ///x//../y HTTP/1.1\r\nHost: catalog\r\n\r\n",
        "GET /%2e%2e%2fx HTTP/1.1\r\nHost: catalog\r\n\r\n",
        "GET /a/%2e%2e/%41 HTTP/1.1\r\nHost: catalog\r\n\r\n",
        "GET /a#b HTTP/1.1\r\nHost: catalog\r\n\r\n",
        "GET @evil/ HTTP/1.1\r\nHost: catalog\r\n\r\n",
        "GET http://catalog@evil/ HTTP/1.1\r\nHost: catalog\r\n\r\n",
        "GET http://evil@catalog/ HTTP/1.1\r\nHost: catalog\r\n\r\n",
        "GET http://catalog/x HTTP/1.1\r\nHost: evil\r\n\r\n",
        "GET http://catalog\\@evil/x HTTP/1.1\r\nHost: evil\r\n\r\n",
        "GET HTTP://catalog/x HTTP/1.1\r\nHost: evil\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost: catalog\r\nHost: evil\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost : evil\r\nHost: catalog\r\n\r\n",
        "GET /x HTTP/1.1\r\n Host: evil\r\nHost: catalog\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost: catalog evil\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost: catalog\u0000evil\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost: catalog:80:81\r\n\r\n",
        "GET /x HTTP/1.1\r\nX-Host: a\r\nHost: catalog\r\n\r\n",
        "get /x HTTP/1.1\r\nHost: catalog\r\n\r\n",
        "GET /x HTTP/1.01\r\nHost: catalog\r\n\r\n",
        "GET /x HTTP/01.1\r\nHost: catalog\r\n\r\n",
        "GET /x HTTP/1,1\r\nHost: catalog\r\n\r\n",
        // Bodies where there seldom is one.
        GET + "Content-Length: 5\r\n\r\nhello",
        GET + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n" + NONE,
        "DELETE /nasty HTTP/1.1\r\nHost: catalog\r\nContent-Length: 5\r\n\r\nhello",
        "OPTIONS /nasty HTTP/1.1\r\nHost: catalog\r\nContent-Length: 5\r\n\r\nhello",
        GET + "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AA\r\n\r\n",
        GET + "Expect: 100-continue\r\n\r\n",
        GET + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
        // Lines.
        "\r\n\r\n" + GET + "\r\n",
        "\n" + GET + "\r\n",
        GET + "X:\r\n\r\n",
        GET + ":x\r\n\r\n",
        GET + "X\r\n\r\n",
        GET + "X: a\r\n\tb\r\n\r\n",
        GET + "X: \u00ff\u0085\u00a0\r\n\r\n",
        GET + "X: a,\u007fb\r\n\r\n",
        GET + "Connection: close, X, ,\r\nX: y\r\n\r\n");
  }
}
