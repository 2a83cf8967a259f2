package dev.weft.sidecar.proxy;

import java.util.ArrayList;
import java.util.List;

/**
 * One requirement of RFC 9110 or 9112 that binds an intermediary: the bytes that a caller sends,
 * the bytes that the application answers, and what has to come out on either side.
 */
final class RfcRow {
  static final String OK = "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 2\r\n\r\nok";

  final String section;
  final String sent;
  String answer = OK;
  boolean toHead;

  /** Parts of the request as the application got it, in any case; empty: it must get none. */
  final List<String> forwarded = new ArrayList<>();

  final List<String> notForwarded = new ArrayList<>();

  /** Parts of what the caller got, in any case. */
  final List<String> answered = new ArrayList<>();

  final List<String> notAnswered = new ArrayList<>();
  boolean refused;
  boolean closes;

  private RfcRow(String section, String sent) {
    this.section = section;
    this.sent = sent;
  }

  /** A request as it is sent; its answer is a plain 200 unless said otherwise. */
  static RfcRow request(String section, String sent) {
    return new RfcRow(section, sent);
  }

  /** An answer of the application to a plain GET. */
  static RfcRow response(String section, String answer) {
    RfcRow row = new RfcRow(section, "GET / HTTP/1.1\r\nHost: catalog\r\n\r\n");
    row.answer = answer;
    return row;
  }

  RfcRow isAnswered(String bytes) {
    answer = bytes;
    return this;
  }

  /** The application gets it with these parts. */
  RfcRow forwards(String... parts) {
    forwarded.addAll(List.of(parts));
    return this;
  }

  RfcRow without(String... parts) {
    notForwarded.addAll(List.of(parts));
    return this;
  }

  /** The caller gets these parts. */
  RfcRow answers(String... parts) {
    answered.addAll(List.of(parts));
    return this;
  }

  RfcRow hides(String... parts) {
    notAnswered.addAll(List.of(parts));
    return this;
  }

  /** Nothing reaches the application, and the connection ends behind the answer. */
  RfcRow isRefused(int status) {
    refused = true;
    closes = true;
    return answers("HTTP/1.1 " + status + " ");
  }

  /** Nothing reaches the application, but the connection is kept. */
  RfcRow isAnsweredByUs(int status) {
    refused = true;
    return answers("HTTP/1.1 " + status + " ");
  }

  RfcRow thenCloses() {
    closes = true;
    return this;
  }

  /** The request was HEAD: what comes back has no content. */
  RfcRow toHead() {
    toHead = true;
    return this;
  }

  @Override
  public String toString() {
    return section;
  }
}
