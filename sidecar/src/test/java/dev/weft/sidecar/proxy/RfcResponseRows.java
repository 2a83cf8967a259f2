package dev.weft.sidecar.proxy;

import static dev.weft.sidecar.proxy.RfcRow.request;
import static dev.weft.sidecar.proxy.RfcRow.response;

import java.util.List;

/** What applications answer. */
@SuppressWarnings("StringConcatToTextBlock") // Lines end in CR LF here.
final class RfcResponseRows {
  private static final String OK = "HTTP/1.1 200 OK\r\n";
  private static final String TWO = "Content-Length: 2\r\n\r\nok";
  private static final String CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";
  private static final String HELLO = "5\r\nhello\r\n0\r\n\r\n";
  private static final String HTTP10 =
      "GET / HTTP/1.0\r\nHost: catalog\r\nConnection: keep-alive\r\n\r\n";
  private static final String HEAD = "HEAD / HTTP/1.1\r\nHost: catalog\r\n\r\n";

  private RfcResponseRows() {}

  static List<RfcRow> all() {
    return List.of(
        response("9112 2.2 bare CR in a field value", OK + "X: a\rb\r\n" + TWO)
            .answers("HTTP/1.1 502"),
        response("9112 2.2 bare CR in the status line", "HTTP/1.1 200 O\rK\r\n" + TWO)
            .answers("HTTP/1.1 502"),
        response("9112 2.2 blanks before the first field", OK + " X: a\r\n" + TWO)
            .answers("HTTP/1.1 502"),
        response(
                "9112 2.3 the intermediary's own version",
                "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + TWO)
            .answers("HTTP/1.1 200 OK", "ok"),
        response("9112 4 no reason", "HTTP/1.1 200 \r\n" + TWO).answers("HTTP/1.1 200 \r\n"),
        response("9112 4 no blank before no reason", "HTTP/1.1 200\r\n" + TWO)
            .answers("HTTP/1.1 200 \r\n"),
        response(
                "9112 5.1 a blank before the colon is removed",
                OK + "X-A : b\r\nX-B\t \t: c\r\nContent-Length : 2\r\n\r\nok")
            .answers("x-a: ", "b\r\n", "x-b: ", "content-length: ", "ok")
            .hides("x-a :", "x-b\t", "length :"),
        response("9112 5.2 obs-fold", OK + "X: a\r\n b\r\n" + TWO).answers("HTTP/1.1 502"),
        response("9110 5.1 unknown fields are forwarded", OK + "X-Unknown: \u00e4\r\n" + TWO)
            .answers("X-Unknown: \u00e4"),
        response(
                "9110 5.3 lines of one name keep their order",
                OK + "Set-Cookie: a\r\nX: b\r\nSet-Cookie: c\r\n" + TWO)
            .answers("Set-Cookie: a\r\nX: b\r\nSet-Cookie: c\r\n"),
        response("9110 5.5 NUL in a value", OK + "X: a\0b\r\n" + TWO).answers("HTTP/1.1 502"),
        response("9110 5.5 LF in a value", OK + "X: a\nb\r\n" + TWO).answers("HTTP/1.1 502"),
        response(
                "9110 5.6.1.2 empty members of Transfer-Encoding",
                OK + "Transfer-Encoding: ,chunked\r\n\r\n" + HELLO)
            .answers("transfer-encoding: chunked\r\n", "hello")
            .hides(",chunked"),
        // Framing.
        response("9112 6.1 chunked is parsed", OK + CHUNKED + HELLO)
            .answers("transfer-encoding: chunked", "5\r\nhello\r\n0\r\n\r\n"),
        response(
                "9112 6.1 chunked twice",
                OK + "Transfer-Encoding: chunked, chunked\r\n\r\n" + HELLO)
            .answers("HTTP/1.1 502"),
        response(
                "9112 6.1 no coding in 1xx",
                "HTTP/1.1 103 Early\r\nX-E: 1\r\nTransfer-Encoding: chunked\r\n\r\n" + OK + TWO)
            .answers("HTTP/1.1 103", "x-e: 1", "HTTP/1.1 200")
            .hides("transfer-encoding"),
        response("9112 6.1 no coding in 204", "HTTP/1.1 204 No Content\r\nX: a\r\n" + CHUNKED)
            .answers("HTTP/1.1 204", "x: a")
            .hides("transfer-encoding"),
        request("9112 6.1 no coding for HTTP/1.0", HTTP10)
            .isAnswered(OK + CHUNKED + HELLO)
            .answers("\r\n\r\nhello")
            .hides("transfer-encoding", "5\r\n")
            .thenCloses(),
        response("9112 6.1 coding in HTTP/1.0", "HTTP/1.0 200 OK\r\n" + CHUNKED + HELLO)
            .answers("HTTP/1.1 502"),
        response("9112 6.3 length and coding", OK + "Content-Length: 5\r\n" + CHUNKED + HELLO)
            .answers("HTTP/1.1 502"),
        response("9112 6.3 an invalid length", OK + "Content-Length: two\r\n\r\nok")
            .answers("HTTP/1.1 502"),
        response(
                "9112 6.3 different lengths",
                OK + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nok")
            .answers("HTTP/1.1 502"),
        response("9112 6.3 a list of different lengths", OK + "Content-Length: 2, 3\r\n\r\nok")
            .answers("HTTP/1.1 502"),
        response(
                "9110 8.6 a length beyond 64 bits",
                OK + "Content-Length: 18446744073709551618\r\n\r\nok")
            .answers("HTTP/1.1 502"),
        response(
                "9112 6.3 shorter than its length",
                OK + "X-Then: close\r\nContent-Length: 9\r\n\r\nok")
            .answers("content-length: 9", "ok")
            .hides("502")
            .thenCloses(),
        response("9112 8 a coding that ends early", OK + "X-Then: close\r\n" + CHUNKED + "5\r\nhel")
            .answers("HTTP/1.1 200")
            .hides("0\r\n\r\n")
            .thenCloses(),
        response("9112 6.3 to the connection's end", "HTTP/1.1 200 OK\r\nX: a\r\n\r\nto the end")
            .answers("transfer-encoding: chunked", "to the end"),
        response(
                "9112 6.3 what follows is no response",
                OK + TWO + OK + "Content-Length: 4\r\n\r\nevil")
            .answers("ok")
            .hides("evil"),
        response(
                "9110 8.6 no length in 1xx",
                "HTTP/1.1 103 Early\r\nContent-Length: 2\r\n\r\n" + OK + TWO)
            .answers("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200"),
        response(
                "9110 8.6 no length in 204", "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n")
            .answers("HTTP/1.1 204")
            .hides("content-length"),
        response(
                "9112 6.3 304 has no body",
                "HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n")
            .answers("HTTP/1.1 304", "content-length: 77"),
        request("9112 6.3 HEAD has no body", HEAD)
            .isAnswered(OK + "Content-Length: 77\r\n\r\n")
            .answers("content-length: 77")
            .toHead(),
        request("9112 6.3 HEAD with a coding", HEAD)
            .isAnswered(OK + CHUNKED)
            .answers("HTTP/1.1 200")
            .toHead(),
        request("9110 9.3.2 content after HEAD is nobody's", HEAD)
            .isAnswered(OK + TWO)
            .answers("content-length: 2")
            .hides("\r\n\r\nok")
            .toHead(),
        response(
                "9112 7.1 large sizes do not overflow",
                OK + CHUNKED + "10000000000000005\r\nhello\r\n0\r\n\r\n")
            .answers("HTTP/1.1 200")
            .hides("0\r\n\r\n")
            .thenCloses(),
        response(
                "9112 7.1.1 extensions are ignored",
                OK + CHUNKED + "5 ;a=b\r\nhello\r\n0;c\r\n\r\n")
            .answers("5\r\nhello\r\n0\r\n\r\n"),
        response(
                "9112 7.1.2 trailers stay trailers",
                OK + CHUNKED + "5\r\nhello\r\n0\r\nX-Sum: 7\r\nContent-Length: 9\r\n\r\n")
            .answers("hello\r\n0\r\nX-Sum: 7\r\n\r\n")
            .hides("content-length"),
        response(
                "9110 7.6.1 trailers that Connection names",
                OK
                    + "Connection: x-a\r\n"
                    + CHUNKED
                    + "5\r\nhello\r\n0\r\nX-A: 1\r\nX-B: 2\r\n\r\n")
            .answers("0\r\nX-B: 2\r\n\r\n")
            .hides("x-a"),
        response("9110 5.5 blanks around a length", OK + "Content-Length:\t2 \t\r\n\r\nok")
            .answers("content-length: 2\r\n", "ok"),
        // Connection.
        response(
                "9112 9.6 close of the application's connection is its own",
                OK + "Connection: close\r\n" + TWO)
            .answers("ok")
            .hides("connection"),
        response(
                "9110 7.6.1 Connection and what it names",
                OK
                    + "Connection: x-a, keep-alive\r\nX-A: 1\r\nX-B: 2\r\nKeep-Alive: timeout=1\r\nProxy-Connection: x\r\n"
                    + TWO)
            .answers("x-b: 2")
            .hides("x-a", "keep-alive", "connection"),
        response(
                "9110 7.6.1 also what could deceive",
                OK + "Connection: x-request-id, date\r\nX-Request-Id: 1\r\n" + TWO)
            .answers("ok")
            .hides("x-request-id"),
        response(
                "9110 7.8 no Upgrade of the application's connection",
                OK + "Connection: Upgrade\r\nUpgrade: h2c\r\n" + TWO)
            .hides("upgrade"),
        response(
                "9110 15.2.2 a switch that nobody asked for",
                "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: x\r\nContent-Length: 0\r\n\r\n")
            .answers("HTTP/1.1 502"),
        response(
                "9110 15.5.22 426 says to what",
                "HTTP/1.1 426 X\r\nConnection: upgrade\r\nUpgrade: foo/1\r\nContent-Length: 0\r\n\r\n")
            .answers("upgrade: foo/1", "connection: upgrade"),
        // Date.
        response("9110 6.6.1 Date is added", OK + TWO)
            .answers("date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"),
        response("9110 6.6.1 Date as it came", OK + "Date: Sat, 29 Oct 1994 19:43:31 GMT\r\n" + TWO)
            .answers("Date: Sat, 29 Oct 1994 19:43:31 GMT\r\n")
            .hides("1970"),
        request("9110 6.6.1 our own answers have one", "GET / HTTP/1.1\r\n\r\n")
            .isRefused(400)
            .answers("date: ", " GMT\r\n"),
        // Status codes.
        response("9110 15 an unknown status of a known class", "HTTP/1.1 299 X\r\n" + TWO)
            .answers("HTTP/1.1 299 X"),
        response("9110 15 no status", "HTTP/1.1 600 X\r\n" + TWO).answers("HTTP/1.1 502"),
        response(
                "9110 15.2 several 1xx",
                "HTTP/1.1 102 A\r\n\r\nHTTP/1.1 103 B\r\nLink: </a>\r\n\r\nHTTP/1.1 199 C\r\n\r\n"
                    + OK
                    + TWO)
            .answers(
                "HTTP/1.1 102 A", "HTTP/1.1 103 B\r\nLink: </a>", "HTTP/1.1 199 C", "HTTP/1.1 200"),
        request("9110 15.2 no 1xx for HTTP/1.0", HTTP10)
            .isAnswered("HTTP/1.1 103 B\r\n\r\n" + OK + TWO)
            .answers("HTTP/1.1 200")
            .hides("103"),
        // Response fields that are for the caller.
        response("9110 10.2.1 Allow as it came", "HTTP/1.1 405 X\r\nAllow: GET,, BREW\r\n" + TWO)
            .answers("Allow: GET,, BREW\r\n"),
        response(
                "9110 11.6.1 WWW-Authenticate as it came",
                "HTTP/1.1 401 X\r\nWWW-Authenticate: Basic realm=\"a\", Bearer\r\nWWW-Authenticate: X\r\n"
                    + TWO)
            .answers("WWW-Authenticate: Basic realm=\"a\", Bearer\r\nWWW-Authenticate: X\r\n"),
        response("9110 12.5.5 no Vary is made", OK + TWO).hides("vary"),
        response(
                "9110 14.4 an unknown range unit is forwarded",
                "HTTP/1.1 206 X\r\nContent-Range: lines 1-2/3\r\n" + TWO)
            .answers("HTTP/1.1 206", "Content-Range: lines 1-2/3"),
        response(
                "9110 7.7 content is not transformed",
                OK + "Cache-Control: no-transform\r\nContent-Encoding: x\r\n" + TWO)
            .answers("Cache-Control: no-transform", "Content-Encoding: x", "\r\n\r\nok"));
  }
}
