package dev.weft.bench.peer;

/** Whether one side of a contender is encrypted, and who shows a certificate. */
public enum Tls {
  NONE,
  /** TLS 1.3, the server shows a certificate. */
  SERVER,
  /** TLS 1.3, both show one, and both are checked. */
  MUTUAL
}
