package dev.weft.sidecar.proxy;

import static dev.weft.sidecar.proxy.RfcRow.request;

import java.util.List;

/** What callers send. One row per requirement and way to meet or break it. */
@SuppressWarnings("StringConcatToTextBlock") // Lines end in CR LF here.
final class RfcRequestRows {
  private static final String HOST = "Host: catalog\r\n";
  private static final String LINE = "GET / HTTP/1.1\r\n";
  private static final String GET = LINE + HOST;
  private static final String POST = "POST / HTTP/1.1\r\n" + HOST;
  private static final String CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n";
  private static final String HELLO = "5\r\nhello\r\n0\r\n\r\n";

  private RfcRequestRows() {}

  static List<RfcRow> all() {
    return List.of(
        // RFC 9112: message parsing.
        request("9112 2.2 octets, a superset of ASCII", GET + "X: \u00e4\u0080\r\n\r\n")
            .forwards("X: \u00e4\u0080"),
        request("9112 2.2 bare CR in a field value", GET + "X: a\rb\r\n\r\n").isRefused(400),
        request("9112 2.2 bare CR in the request line", "GET /\ra HTTP/1.1\r\n" + HOST + "\r\n")
            .isRefused(400),
        request("9112 2.2 bare CR in a field name", GET + "X\rY: a\r\n\r\n").isRefused(400),
        request("9112 2.2 bare CR in a chunk extension", CHUNKED + "5;a\rb\r\nhello\r\n0\r\n\r\n")
            .isRefused(400),
        request(
                "9112 2.2 blanks between start line and first field",
                LINE + " X: a\r\n" + HOST + "\r\n")
            .isRefused(400),
        request("9112 2.2 a tab there", LINE + "\tHost: catalog\r\n\r\n").isRefused(400),
        request("9112 2.2 an empty line before the request", "\r\n" + GET + "\r\n")
            .forwards("GET / HTTP/1.1"),
        request("9112 2.3 the intermediary's own version", "GET / HTTP/1.0\r\n" + HOST + "\r\n")
            .forwards("GET / HTTP/1.1")
            .answers("HTTP/1.1 200")
            .thenCloses(),
        request("9110 6.2 a major version that is not spoken", "GET / HTTP/3.0\r\n" + HOST + "\r\n")
            .isRefused(505),
        request(
                "9112 3 a target that is too long",
                "GET /" + "a".repeat(9000) + " HTTP/1.1\r\n" + HOST + "\r\n")
            .isRefused(414),
        // Host and target.
        request("9112 3.2 no Host", LINE + "\r\n").isRefused(400),
        request("9112 3.2 two Hosts", GET + HOST + "\r\n").isRefused(400),
        request("9112 3.2 two Hosts, another between", GET + "X: a\r\n" + HOST + "\r\n")
            .isRefused(400),
        request("9112 3.2 an invalid Host", LINE + "Host: cata log\r\n\r\n").isRefused(400),
        request("9112 3.2 a Host with a path", LINE + "Host: catalog/x\r\n\r\n").isRefused(400),
        request("9112 3.2 a Host with a bad port", LINE + "Host: catalog:http\r\n\r\n")
            .isRefused(400),
        request("9112 3.2 a list of Hosts", LINE + "Host: catalog, other\r\n\r\n").isRefused(400),
        request("9110 4.2.1 an empty host", "GET http:///x HTTP/1.1\r\n" + HOST + "\r\n")
            .isRefused(400),
        request(
                "9110 4.2.1 an empty host with a port",
                "GET http://:80/x HTTP/1.1\r\n" + HOST + "\r\n")
            .isRefused(400),
        request("9110 4.2.4 user info", "GET http://me@catalog/ HTTP/1.1\r\n" + HOST + "\r\n")
            .isRefused(400),
        request(
                "9112 3.2.2 absolute-form is accepted",
                "GET http://catalog/a?b=c HTTP/1.1\r\n" + HOST + "\r\n")
            .forwards("GET /a?b=c HTTP/1.1", "Host: catalog\r\n"),
        request(
                "9112 3.2.2 Host is replaced by the target's",
                "GET http://catalog/ HTTP/1.1\r\nHost: evil\r\n\r\n")
            .forwards("Host: catalog\r\n")
            .without("evil"),
        request(
                "9112 3.2.1 an empty path becomes /",
                "GET http://catalog HTTP/1.1\r\n" + HOST + "\r\n")
            .forwards("GET / HTTP/1.1"),
        request(
                "9112 3.2.1 an empty path with a query",
                "GET http://catalog?q=1 HTTP/1.1\r\n" + HOST + "\r\n")
            .forwards("GET /?q=1 HTTP/1.1"),
        request(
                "9112 3.2.4 OPTIONS in absolute-form without a path",
                "OPTIONS http://catalog HTTP/1.1\r\n" + HOST + "\r\n")
            .forwards("OPTIONS * HTTP/1.1", "Host: catalog\r\n"),
        request(
                "9112 3.2.4 OPTIONS in absolute-form with a path",
                "OPTIONS http://catalog/ HTTP/1.1\r\n" + HOST + "\r\n")
            .forwards("OPTIONS / HTTP/1.1"),
        request("9112 3.2.4 asterisk-form", "OPTIONS * HTTP/1.1\r\n" + HOST + "\r\n")
            .forwards("OPTIONS * HTTP/1.1"),
        request("9110 7.1 asterisk-form with another method", "GET * HTTP/1.1\r\n" + HOST + "\r\n")
            .isRefused(400),
        request(
                "9110 7.1 authority-form with another method",
                "GET catalog:80 HTTP/1.1\r\n" + HOST + "\r\n")
            .isRefused(400),
        request(
                "9110 9.3.6 CONNECT to an invalid port",
                "CONNECT catalog:0x50 HTTP/1.1\r\n" + HOST + "\r\n")
            .isRefused(405)
            .answers("allow: "),
        request("9110 9.3.6 CONNECT without a port", "CONNECT catalog HTTP/1.1\r\n" + HOST + "\r\n")
            .isRefused(405)
            .answers("allow: "),
        request(
                "9110 7.7 path and query as they came",
                "GET /a%20b;c=d,e//f?x=%2F&y=%zz&z={|} HTTP/1.1\r\n" + HOST + "\r\n")
            .forwards("GET /a%20b;c=d,e//f?x=%2F&y=%zz&z={|} HTTP/1.1"),
        // Fields.
        request("9112 5.1 a blank before the colon", GET + "X : a\r\n\r\n").isRefused(400),
        request("9112 5.1 a tab before the colon", GET + "X\t: a\r\n\r\n").isRefused(400),
        request("9112 5.2 obs-fold", GET + "X: a\r\n b\r\n\r\n").isRefused(400),
        request("9112 5.2 obs-fold with a tab", GET + "X: a\r\n\tb\r\n\r\n").isRefused(400),
        request(
                "9110 5.1 unknown fields are forwarded",
                GET + "X-Unknown: 1\r\nFoo!#$%&'*+-.^_`|~: 2\r\n\r\n")
            .forwards("X-Unknown: 1", "Foo!#$%&'*+-.^_`|~: 2"),
        request(
                "9110 5.3 lines of one name keep their order",
                GET + "X: a\r\nY: b\r\nX: c\r\nX: d\r\n\r\n")
            .forwards("X: a\r\nY: b\r\nX: c\r\nX: d\r\n"),
        request(
                "9110 5.3 nothing is applied before the whole head came",
                LINE + HOST + "X: a\r\nX\r\n\r\n")
            .isRefused(400),
        request("9110 5.4 fields that are too large", GET + "X: " + "a".repeat(70_000) + "\r\n\r\n")
            .isRefused(431),
        request("9110 5.4 too many fields", GET + "X: a\r\n".repeat(200) + "\r\n").isRefused(431),
        request(
                "9110 5.5 blanks around a value are no part of it",
                POST + "Content-Length: \t 5 \t\r\n\r\nhello")
            .forwards("POST / ", "content-length: 5\r\n", "\r\nhello"),
        request("9110 5.5 NUL in a value", GET + "X: a\0b\r\n\r\n").isRefused(400),
        request("9110 5.5 LF in a value", GET + "X: a\nb\r\n\r\n").isRefused(400),
        request(
                "9110 5.6.1.2 empty members of Connection",
                GET + "Connection: , ,x-a,, \r\nX-A: 1\r\n\r\n")
            .without("X-A"),
        request(
                "9110 5.6.1.2 empty members of Transfer-Encoding",
                POST + "Transfer-Encoding: , chunked ,\r\n\r\n" + HELLO)
            .forwards("Transfer-Encoding: chunked\r\n", "\r\nhello")
            .without(", chunked"),
        request(
                "9110 5.6.1.2 empty members of Expect",
                POST + "Expect: ,100-continue,\r\nContent-Length: 0\r\n\r\n")
            .forwards("100-continue"),
        // Framing.
        request("9112 6.1 chunked is parsed", CHUNKED + HELLO)
            .forwards("Transfer-Encoding: chunked", "\r\nhello"),
        request(
                "9112 6.1 chunked twice",
                POST + "Transfer-Encoding: chunked, chunked\r\n\r\n" + HELLO)
            .isRefused(400),
        request(
                "9112 6.1 chunked on two lines",
                POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + HELLO)
            .isRefused(400),
        request(
                "9112 6.1 length and coding: the connection ends",
                POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + HELLO)
            .isRefused(400),
        request(
                "9112 6.1 coding in HTTP/1.0",
                "POST / HTTP/1.0\r\n"
                    + HOST
                    + "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + HELLO)
            .isRefused(400),
        request(
                "9112 6.1 coding in HTTP/1.0 with a length",
                "POST / HTTP/1.0\r\n"
                    + HOST
                    + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + HELLO)
            .isRefused(400),
        request(
                "9112 6.1 a coding that is not known",
                POST + "Transfer-Encoding: gzip, chunked\r\n\r\n" + HELLO)
            .isRefused(501),
        request("9112 6.3 chunked is not final", POST + "Transfer-Encoding: gzip\r\n\r\nhello")
            .isRefused(400),
        request(
                "9112 6.3 chunked is not final, but there",
                POST + "Transfer-Encoding: chunked, gzip\r\n\r\n" + HELLO)
            .isRefused(400),
        request(
                "9112 6.3 identity",
                POST + "Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello")
            .isRefused(400),
        request("9112 6.3 an invalid length", POST + "Content-Length: five\r\n\r\nhello")
            .isRefused(400),
        request("9112 6.3 a negative length", POST + "Content-Length: -5\r\n\r\nhello")
            .isRefused(400),
        request("9112 6.3 a signed length", POST + "Content-Length: +5\r\n\r\nhello")
            .isRefused(400),
        request(
                "9112 6.3 different lengths",
                POST + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello")
            .isRefused(400),
        request("9112 6.3 a list of different lengths", POST + "Content-Length: 5, 6\r\n\r\nhello")
            .isRefused(400),
        request("9110 8.6 a list of the same length", POST + "Content-Length: 5, 5\r\n\r\nhello")
            .isRefused(400),
        request(
                "9110 8.6 a length beyond 64 bits",
                POST + "Content-Length: 18446744073709551621\r\n\r\nhello")
            .isRefused(400),
        request("9112 6.3 no length, no coding: no body", "POST / HTTP/1.1\r\n" + HOST + "\r\n")
            .forwards("POST / "),
        request(
                "9112 7.1 large sizes do not overflow",
                CHUNKED + "10000000000000005\r\nhello\r\n0\r\n\r\n")
            .isRefused(400),
        request("9112 7.1 sizes with leading zeros", CHUNKED + "0005\r\nhello\r\n000\r\n\r\n")
            .forwards("\r\nhello"),
        request(
                "9112 7.1.1 extensions are ignored",
                CHUNKED + "5;a=b;c=\"d e\"\r\nhello\r\n0;x\r\n\r\n")
            .forwards("\r\nhello")
            .without("a=b"),
        request(
                "9110 5.6.3 bad blanks before an extension",
                CHUNKED + "5 \t;a=b\r\nhello\r\n0\r\n\r\n")
            .forwards("\r\nhello"),
        request(
                "9112 7.1.1 extensions without end",
                CHUNKED + "5;" + "a".repeat(9000) + "\r\nhello\r\n0\r\n\r\n")
            .isRefused(400),
        request(
                "9112 7.1.2 trailers stay trailers",
                CHUNKED + "5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n")
            .forwards("\r\nhello|X-Sum: 7"),
        request(
                "9110 6.5.1 framing and identity in trailers",
                CHUNKED
                    + "5\r\nhello\r\n0\r\nContent-Length: 9\r\nHost: evil\r\nX-Forwarded-For: 1.2.3.4\r\nX-Sum: 7\r\n\r\n")
            .forwards("hello|X-Sum: 7")
            .without("|content-length", "evil", "1.2.3.4"),
        request(
                "9112 7.4 TE is for this connection",
                GET + "TE: trailers, deflate;q=0.5\r\nConnection: TE\r\n\r\n")
            .forwards("te: trailers\r\n", "connection: te")
            .without("deflate"),
        request("9110 10.1.4 no TE where there was none", GET + "\r\n").without("te:"),
        // Persistence.
        request(
                "9112 9.3 keep-alive of HTTP/1.0",
                "GET / HTTP/1.0\r\n" + HOST + "Connection: Keep-Alive\r\n\r\n")
            .answers("connection: keep-alive"),
        request(
                "9112 9.3 a proxy keeps no connection of HTTP/1.0",
                "GET http://catalog/ HTTP/1.0\r\n" + HOST + "Connection: Keep-Alive\r\n\r\n")
            .answers("connection: close")
            .thenCloses(),
        request("9112 9.3 pipelined requests in their order", GET + "\r\n").answers("ok"),
        request("9112 9.6 close is honoured", GET + "Connection: close\r\n\r\n")
            .forwards("GET / ")
            .answers("connection: close")
            .thenCloses(),
        request("9112 9.6 close among others, in any case", GET + "Connection: x-y, CLOSE\r\n\r\n")
            .thenCloses(),
        // Connection.
        request("9110 7.6.1 Connection is not forwarded", GET + "Connection: keep-alive\r\n\r\n")
            .without("keep-alive"),
        request(
                "9110 7.6.1 what it names is removed",
                GET
                    + "Connection: x-a, X-B\r\nConnection: x-c\r\nX-A: 1\r\nx-b: 2\r\nX-C: 3\r\nX-D: 4\r\n\r\n")
            .forwards("X-D: 4")
            .without("x-a", "x-b", "x-c"),
        request(
                "9110 7.6.1 trailers that it names, too",
                POST
                    + "Connection: x-a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-A: 1\r\nX-B: 2\r\n\r\n")
            .forwards("hello|X-B: 2")
            .without("x-a"),
        request(
                "9110 7.6.1 fields for one connection",
                GET
                    + "Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n")
            .without("keep-alive", "proxy-connection", "upgrade", "http2-settings"),
        request(
                "9110 7.6.1 what is for all must not be named",
                GET + "Connection: x-forwarded-for\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n")
            .isRefused(400),
        request(
                "9110 7.6.1 nor credentials",
                GET + "Connection: close, Authorization\r\nAuthorization: Basic x\r\n\r\n")
            .isRefused(400),
        request("9110 7.6.1 nor Host", GET + "Connection: host\r\n\r\n").isRefused(400),
        // Max-Forwards, Via, loops.
        request(
                "9110 7.6.2 OPTIONS with Max-Forwards 0",
                "OPTIONS / HTTP/1.1\r\n" + HOST + "Max-Forwards: 0\r\n\r\n")
            .isAnsweredByUs(200)
            .answers("allow:"),
        request(
                "9110 7.6.2 OPTIONS * with Max-Forwards 0",
                "OPTIONS * HTTP/1.1\r\n" + HOST + "Max-Forwards: 0\r\n\r\n")
            .isAnsweredByUs(200),
        request(
                "9110 7.6.2 TRACE with Max-Forwards 0",
                "TRACE /a?b HTTP/1.1\r\n" + HOST + "Cookie: c\r\nMax-Forwards: 0\r\n\r\n")
            .isAnsweredByUs(200)
            .answers("message/http", "TRACE /a?b HTTP/1.1\r\nHost: catalog")
            .hides("cookie"),
        request(
                "9110 7.6.2 OPTIONS counts down",
                "OPTIONS / HTTP/1.1\r\n" + HOST + "Max-Forwards: 10\r\n\r\n")
            .forwards("max-forwards: 9\r\n")
            .without("forwards: 10"),
        request(
                "9110 7.6.2 TRACE counts down",
                "TRACE / HTTP/1.1\r\n" + HOST + "Max-Forwards: 1\r\n\r\n")
            .forwards("max-forwards: 0\r\n"),
        request(
                "9110 7.6.2 a large value",
                "TRACE / HTTP/1.1\r\n" + HOST + "Max-Forwards: 99999999999999999999\r\n\r\n")
            .forwards("max-forwards: 999999\r\n"),
        request("9110 7.6.2 other methods ignore it", GET + "Max-Forwards: 0\r\n\r\n")
            .forwards("max-forwards: 0"),
        request("9110 9.3.7 none is made", "OPTIONS / HTTP/1.1\r\n" + HOST + "\r\n")
            .without("max-forwards"),
        request("9110 7.6.3 Via", GET + "\r\n").forwards("via: 1.1 weft\r\n"),
        request(
                "9110 7.6.3 Via names the received version",
                "GET / HTTP/1.0\r\n" + HOST + "Connection: keep-alive\r\n\r\n")
            .forwards("via: 1.0 weft\r\n"),
        request("9110 7.6.3 Via is appended", GET + "Via: 1.0 a, 1.1 b (x)\r\nVia: 2.0 c\r\n\r\n")
            .forwards("via: 1.0 a, 1.1 b (x), 2.0 c, 1.1 weft\r\n"),
        request(
                "9110 7.6.3 a proxy names itself in the response",
                "GET http://catalog/ HTTP/1.1\r\n" + HOST + "\r\n")
            .answers("via: 1.1 weft\r\n"),
        request(
                "9110 7.6 no endless loop",
                GET + "Via: " + "1.1 weft, ".repeat(60) + "1.1 x\r\n\r\n")
            .isAnsweredByUs(508),
        // Upgrade: more in TunnelTest.
        request(
                "9110 7.8 Upgrade of HTTP/1.0 is ignored",
                "GET / HTTP/1.0\r\n"
                    + HOST
                    + "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n")
            .without("upgrade"),
        request("9110 7.8 Upgrade needs its option", GET + "Upgrade: websocket\r\n\r\n")
            .without("upgrade"),
        request(
                "9110 7.8 Upgrade is sent with its option",
                GET + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            .forwards("upgrade: websocket", "connection: upgrade")
            .thenCloses(),
        // Methods.
        request("9110 9.1 methods of any name", "BREW / HTTP/1.1\r\n" + HOST + "\r\n")
            .forwards("BREW / "),
        request("9110 9.1 methods have a case", "bREW / HTTP/1.1\r\n" + HOST + "\r\n")
            .forwards("bREW / "),
        request("9110 9.3.2 HEAD", "HEAD / HTTP/1.1\r\n" + HOST + "\r\n")
            .isAnswered("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
            .forwards("HEAD / ")
            .answers("content-length: 2")
            .toHead(),
        request("9110 9.3.2 our own answer to HEAD", "HEAD / HTTP/1.1\r\n" + HOST + "X : a\r\n\r\n")
            .isRefused(400),
        request("9110 9.3.8 TRACE is forwarded", "TRACE / HTTP/1.1\r\n" + HOST + "\r\n")
            .forwards("TRACE / "),
        // Request fields that are for the application.
        request(
                "9110 10.1.1 an expectation is passed on",
                POST + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello")
            .forwards("expect: 100-continue"),
        request(
                "9110 10.1.1 an expectation of HTTP/1.0 is ignored",
                "POST / HTTP/1.0\r\n"
                    + HOST
                    + "Connection: keep-alive\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello")
            .forwards("\r\nhello")
            .without("expect"),
        request(
                "9110 10.1.1 another expectation",
                POST + "Expect: 100-continue, x\r\nContent-Length: 0\r\n\r\n")
            .isRefused(417),
        request("9110 11.6.2 Authorization as it came", GET + "Authorization: Bearer  a.b=\r\n\r\n")
            .forwards("Authorization: Bearer  a.b=\r\n"),
        request(
                "9110 13.2.1 conditions are forwarded",
                GET
                    + "If-Match: \"a\"\r\nIf-None-Match: W/\"b\"\r\nIf-Modified-Since: Sat, 29 Oct 1994 19:43:31 GMT\r\nIf-Unmodified-Since: x\r\nIf-Range: \"c\"\r\nRange: bytes=0-99999999999999999999\r\n\r\n")
            .forwards(
                "If-Match: \"a\"",
                "If-None-Match: W/\"b\"",
                "If-Modified-Since: Sat, 29 Oct 1994 19:43:31 GMT",
                "If-Unmodified-Since: x",
                "If-Range: \"c\"",
                "Range: bytes=0-99999999999999999999"));
  }
}
