package dev.weft.sidecar.proxy;

/** What a test's caller or application speaks. */
enum Version {
  HTTP1,
  HTTP2;

  @Override
  public String toString() {
    return this == HTTP1 ? "1.1" : "2";
  }
}
