package dev.weft.bench.peer;

/** What is spoken on one side of a contender. */
public enum Protocol {
  HTTP1,
  HTTP2,
  TCP
}
