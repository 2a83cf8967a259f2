package dev.weft.sidecar.proxy;

import dev.weft.common.head.Ascii;
import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.telemetry.Bound;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What HTTP asks of whoever passes a message on (RFC 9110): {@code Via} in requests, and in the
 * responses to who uses us as a proxy; {@code Date} where the application has sent none; {@code
 * Max-Forwards} counted down; an end to endless loops. One per exchange, reused.
 */
final class Forwarding {
  /** More of our own names than this in {@code Via}, and the request goes round in circles. */
  static final int MAX_ROUNDS = Bound.ROUNDS.intValue();

  private static final int NOT_COUNTED = -1;
  private static final int MALFORMED = -2;
  private static final byte[] TRACE = ascii("TRACE");
  private static final byte[] OPTIONS = ascii("OPTIONS");
  private static final byte[] MAX_FORWARDS = WellKnown.name(WellKnown.MAX_FORWARDS);
  private static final byte[] VIA = WellKnown.name(WellKnown.VIA);
  private static final byte[] DATE = WellKnown.name(WellKnown.DATE);

  private final String name;
  private final byte[] via10;
  private final byte[] via11;
  private final byte[] via2;
  private byte[] via;
  private byte[] combined = {};
  private boolean appended;
  private int forwards;
  private boolean proxy;

  Forwarding(HttpRules rules) {
    name = rules.via();
    via10 = rules.via("1.0");
    via11 = rules.via("1.1");
    via2 = rules.via("2.0");
    via = via11;
  }

  void begin(ReceivedHead request) {
    HeadView head = request.view;
    via = !request.lines ? via2 : head.minorVersion() == 0 ? via10 : via11;
    proxy = request.absoluteForm;
    combined = via;
    appended = head.has(WellKnown.VIA);
    if (appended && via.length > 0) {
      combined = ascii(joined(head) + ", " + new String(via, StandardCharsets.US_ASCII));
    }
    forwards = NOT_COUNTED;
    if (head.has(WellKnown.MAX_FORWARDS) && (head.methodIs(TRACE) || head.methodIs(OPTIONS))) {
      forwards = number(head);
    }
  }

  boolean isMalformed() {
    return forwards == MALFORMED;
  }

  /** Whether the request was meant to come no further than to us. */
  boolean isForUs() {
    return forwards == 0;
  }

  boolean isLoop(HeadView head) {
    if (name.isEmpty() || !head.has(WellKnown.VIA)) {
      return false;
    }
    int rounds = 0;
    for (String member : joined(head).split(",", -1)) {
      if (member.strip().endsWith(" " + name)) {
        rounds++;
      }
    }
    return rounds > MAX_ROUNDS;
  }

  void plan(HeadPlan plan) {
    if (combined.length > 0) {
      if (appended) {
        plan.drop(WellKnown.VIA);
      }
      plan.line(VIA, combined);
    }
    if (forwards > 0) {
      plan.drop(WellKnown.MAX_FORWARDS);
      plan.line(MAX_FORWARDS, ascii(Integer.toString(forwards - 1)));
    }
  }

  void planResponse(HeadView response, HeadPlan plan, Worker worker) {
    if (!response.has(WellKnown.DATE)) {
      plan.line(DATE, worker.date());
    }
    if (proxy && via.length > 0) {
      byte[] all = via11;
      if (response.has(WellKnown.VIA)) {
        plan.drop(WellKnown.VIA);
        all = ascii(joined(response) + ", " + new String(via11, StandardCharsets.US_ASCII));
      }
      plan.line(VIA, all);
    }
  }

  /** What a TRACE that is for us reflects: the request without what is nobody else's business. */
  static byte[] reflection(HeadView head) {
    var text = new StringBuilder(256);
    text.append(head.method()).append(' ').append(head.path());
    if (head.queryEnd() > head.queryStart()) {
      text.append('?').append(Ascii.string(head.slab(), head.queryStart(), head.queryEnd()));
    }
    text.append(" HTTP/1.1\r\n");
    for (int i = 0; i < head.headerCount(); i++) {
      String field = Ascii.string(head.slab(), head.nameStart(i), head.nameEnd(i));
      if (!field.equalsIgnoreCase("authorization")
          && !field.equalsIgnoreCase("proxy-authorization")
          && !field.equalsIgnoreCase("cookie")) {
        text.append(field).append(": ").append(head.value(i)).append("\r\n");
      }
    }
    return text.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  private static int number(HeadView head) {
    int line = head.find(WellKnown.MAX_FORWARDS);
    ByteBuffer slab = head.slab();
    int start = head.valueStart(line);
    int end = head.valueEnd(line);
    if (start == end || head.isRepeated(WellKnown.MAX_FORWARDS)) {
      return MALFORMED;
    }
    int value = 0;
    for (int i = start; i < end; i++) {
      byte b = slab.get(i);
      if (b < '0' || b > '9') {
        return MALFORMED;
      }
      // Whoever may count further than this may count to this (section 7.6.2).
      value = Math.min(1_000_000, value * 10 + b - '0');
    }
    return value;
  }

  private static String joined(HeadView head) {
    var all = new StringBuilder();
    for (int i = head.find(WellKnown.VIA); i < head.headerCount(); i++) {
      if (head.wellKnown(i) == WellKnown.VIA && head.valueEnd(i) > head.valueStart(i)) {
        all.append(all.isEmpty() ? "" : ", ").append(head.value(i));
      }
    }
    return all.toString();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
